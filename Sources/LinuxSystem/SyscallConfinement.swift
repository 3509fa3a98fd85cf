/// A filter under which a program is started, so that some of its system calls can be tampered with at run time.
///
/// brink-exec puts the filter on itself, makes sure that the supervisor answers, and executes the program in its own
/// place: pid and start time stay.
public struct SyscallConfinement: Hashable, Sendable {
    /// Path of brink-exec.
    public var launcher: String
    /// The abstract socket under which the supervisor listens.
    public var supervisor: String
    /// The name under which the supervisor knows what is started.
    public var target: String
    /// Names of the calls that are reported; at least one.
    public var syscalls: [String]

    public init(launcher: String, supervisor: String, target: String, syscalls: [String]) {
        self.launcher = launcher
        self.supervisor = supervisor
        self.target = target
        self.syscalls = syscalls
    }

    /// The request with the program under the filter. The user is changed by brink-exec, after it has put the filter on:
    /// without privilege that would need no_new_privs, which setuid programs below it would feel.
    public func apply(to request: SpawnRequest) -> SpawnRequest {
        var confined = request
        confined.path = launcher
        confined.arguments = ["--supervisor", supervisor, "--target", target]
        confined.arguments += ["--syscalls", syscalls.joined(separator: ",")]
        if let owner = request.owner {
            confined.owner = nil
            confined.arguments += ["--user", String(owner.user), "--group", String(owner.group)]
            confined.arguments += ["--groups", owner.groups.map(String.init).joined(separator: ",")]
        }
        confined.arguments += ["--", request.path] + request.arguments
        return confined
    }
}
