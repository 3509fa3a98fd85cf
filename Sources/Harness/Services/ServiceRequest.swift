import Glibc
import LinuxSystem

/// How a service's program is started, the first time and again.
struct ServiceRequest: Sendable {
    let request: SpawnRequest
    let confinement: SyscallConfinement?
    /// Where its output goes, after what is there.
    let log: String

    func start() throws -> (process: ProcessIdentity, log: String) {
        let file = try OwnedDescriptor.open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode: 0o600)
        var request = request
        request.standardOutput = file.number
        request.standardError = file.number
        let handle = try (confinement?.apply(to: request) ?? request).start()
        try file.close()
        return (handle.identity, log)
    }
}
