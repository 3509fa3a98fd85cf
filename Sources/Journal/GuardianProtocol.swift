/// What harness and guardian say to each other.
///
/// The harness writes single bytes into a pipe that is the guardian's descriptor 3; the guardian answers on its
/// descriptor 4. The end of the pipe means that the harness is gone. Rules for system calls have a line of their own,
/// descriptor 6, whose end switches them all off.
public enum GuardianProtocol {
    public static let heartbeatDescriptor: Int32 = 3
    public static let answerDescriptor: Int32 = 4
    /// The state folder's lock.
    public static let lockDescriptor: Int32 = 5
    /// The harness's line to the supervisor of system calls.
    public static let controlDescriptor: Int32 = 6
    /// The socket on which brink-exec brings targets.
    public static let doorDescriptor: Int32 = 7

    /// From the harness: alive.
    public static let beat = UInt8(ascii: "b")
    /// From the harness: all done, undo what is left (the tree itself) and exit.
    public static let disarm = UInt8(ascii: "d")
    /// From the guardian: watching; the first injection may begin.
    public static let armed = UInt8(ascii: "a")
    /// From the guardian: all is undone, but it stays, because processes live on whose system calls it answers.
    public static let undone = UInt8(ascii: "u")

    /// The guardian's exit codes.
    public enum Exit: Int32, Sendable {
        /// Nothing is left behind.
        case clean = 0
        /// Something could not be taken back.
        case residue = 10
        /// Wrong arguments.
        case usage = 64
        /// It could not take up its watch.
        case unavailable = 69
    }
}
