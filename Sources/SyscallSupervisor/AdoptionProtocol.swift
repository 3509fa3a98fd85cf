/// What brink-exec and the supervisor say to each other, on a connection that ends by itself when brink-exec executes
/// the program.
///
/// brink-exec says its target's name; the supervisor says that it looks for the listener; brink-exec puts on the filter
/// and waits for the last word. That wait is a read(2): when reads are among the filtered calls it waits in the filter
/// instead, until the supervisor has found the listener and lets it go on.
public enum AdoptionProtocol {
    /// From the supervisor: it looks for a listener in the process at the other end.
    public static let ready = "ready"
    /// From the supervisor: it holds the listener and answers.
    public static let adopted = "adopted"
}
