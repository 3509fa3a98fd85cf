import Faults
import LinuxSystem

/// How a service's program is started, the first time and again.
struct ServiceRequest: Sendable {
    let request: SpawnRequest
    let confinement: SyscallConfinement?
    /// Where its output goes, after what is there.
    let log: String

    func start() throws -> (process: ProcessIdentity, log: String) {
        (try ServiceStart.launch(confinement?.apply(to: request) ?? request, log: log), log)
    }
}
