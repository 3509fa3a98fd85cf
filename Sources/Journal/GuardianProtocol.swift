/// What harness and guardian say to each other.
///
/// The harness writes single bytes into a pipe that is the guardian's descriptor 3; the guardian answers on its
/// descriptor 4. The end of the pipe means that the harness is gone.
public enum GuardianProtocol {
    public static let heartbeatDescriptor: Int32 = 3
    public static let answerDescriptor: Int32 = 4

    /// From the harness: alive.
    public static let beat = UInt8(ascii: "b")
    /// From the harness: all done, undo what is left (the tree itself) and exit.
    public static let disarm = UInt8(ascii: "d")
    /// From the guardian: watching; the first injection may begin.
    public static let armed = UInt8(ascii: "a")

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
