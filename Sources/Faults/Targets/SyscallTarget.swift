import SyscallSupervisor

/// A service that was started through brink-exec, as the guardian's supervisor knows it.
public struct SyscallTarget: Sendable {
    public let control: SupervisorControl
    /// The service's id.
    public let name: String

    public init(control: SupervisorControl, name: String) {
        self.control = control
        self.name = name
    }
}
