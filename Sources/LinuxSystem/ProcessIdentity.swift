/// A process that cannot be mistaken for a later one with the same pid.
///
/// The start time (field 22 of /proc/PID/stat, in clock ticks since boot, proc(5)) and the boot id together
/// make the pid unique.
public struct ProcessIdentity: Hashable, Sendable, CustomStringConvertible {
    public let pid: Int32
    /// Clock ticks since boot.
    public let startTime: UInt64
    public let bootID: String

    public init(pid: Int32, startTime: UInt64, bootID: String) {
        self.pid = pid
        self.startTime = startTime
        self.bootID = bootID
    }

    public var description: String { "pid \(pid)" }
}
