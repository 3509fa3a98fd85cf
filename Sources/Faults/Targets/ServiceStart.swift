import Glibc
import LinuxSystem
import Synchronization

/// How a service that Brink started is started again: the same program with the same arguments in the same cgroup.
public final class ServiceStart: Sendable {
    private let request: SpawnRequest
    private let log: String
    private let latest: Mutex<ProcessIdentity>

    /// - Parameters:
    ///   - request: without descriptors.
    ///   - log: the file that its output is appended to.
    ///   - process: the one that runs.
    public init(_ request: SpawnRequest, log: String, process: ProcessIdentity) {
        self.request = request
        self.log = log
        latest = Mutex(process)
    }

    /// The process that was started last.
    public var process: ProcessIdentity { latest.withLock { $0 } }

    /// Starts a program whose output goes to the end of a file.
    public static func launch(_ request: SpawnRequest, log: String) throws(SystemError) -> ProcessIdentity {
        var request = request
        let file = try OwnedDescriptor.open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, mode: 0o600)
        request.standardOutput = file.number
        request.standardError = file.number
        let handle = try request.start()
        try file.close()
        return handle.identity
    }

    /// Starts it again unless it runs.
    /// - Returns: whether it had to.
    func startAgain(_ table: ProcessTable) throws(SystemError) -> Bool {
        try latest.withLock { latest throws(SystemError) in
            guard !table.isRunning(latest) else { return false }
            latest = try ServiceStart.launch(request, log: log)
            return true
        }
    }
}
