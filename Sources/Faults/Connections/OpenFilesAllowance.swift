import Glibc
import Journal
import LinuxSystem
import Synchronization

/// Raises this process's own limit on open files while many connections are held, and puts it back.
final class OpenFilesAllowance: Sendable {
    private let prior = Mutex<ResourceLimit.Values?>(nil)

    /// Open files that the harness itself needs.
    private static let ownFiles: UInt64 = 512

    /// As far as the hard limit allows; beyond it the kernel says EMFILE, which the fault shows.
    func raise(for count: Int) throws(SystemError) {
        let values = try ResourceLimit.openFiles.read(getpid())
        let wanted = min(UInt64(count) + OpenFilesAllowance.ownFiles, values.hard)
        guard values.soft < wanted else { return }
        try ResourceLimit.openFiles.write(getpid(), ResourceLimit.Values(soft: wanted, hard: values.hard))
        prior.withLock { $0 = values }
    }

    /// - Returns: `restored` also when nothing had to be raised.
    func restore() -> UndoOutcome {
        guard let values = prior.withLock({ $0.take() }) else { return .restored }
        do throws(SystemError) {
            try ResourceLimit.openFiles.write(getpid(), values)
            return .restored
        } catch {
            return .failed("\(error)")
        }
    }
}
