import Cgroups
import LinuxSystem

/// A place where an OOM kill is told apart: a target or a neighbour.
public struct WatchedCgroup: Sendable {
    /// The id of the target or neighbour.
    public let id: String
    public let cgroup: Cgroup
    /// When only this process and those below it are the target, not all in the cgroup.
    public let process: ProcessIdentity?
    /// Whether a fault of the run presses its memory.
    public let isPressed: Bool

    public init(id: String, cgroup: Cgroup, process: ProcessIdentity? = nil, isPressed: Bool) {
        self.id = id
        self.cgroup = cgroup
        self.process = process
        self.isPressed = isPressed
    }
}
