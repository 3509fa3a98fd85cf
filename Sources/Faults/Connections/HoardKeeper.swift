import Engine
import Glibc
import Journal
import LinuxSystem
import Synchronization

/// Keeps a hoard of connections at its size while a fault lasts: what the server ends is opened again, what becomes free
/// is taken.
actor HoardKeeper {
    private var hoard: (any ConnectionHoard)?
    private var loop: Task<Void, Never>?
    /// This process's limit on open files before it was raised.
    private var priorLimit: ResourceLimit.Values?

    /// Slower than a pool that tries again, so that the hoard is no load of its own.
    private static let interval = Duration.milliseconds(50)
    /// Open files that the harness itself needs.
    private static let ownFiles: UInt64 = 512

    /// - Parameter size: the most connections it will have.
    func begin(_ hoard: any ConnectionHoard, size: Int) async throws {
        self.hoard = hoard
        try raiseLimit(for: size)
        try await Blocking.run { try hoard.adjust() }
        loop = Task {
            while !Task.isCancelled {
                do { try await Task.sleep(for: HoardKeeper.interval) } catch { return }
                // A server that is down or slow is tried again; what it shows is looked at by the fault.
                try? await Blocking.run { try hoard.adjust() }
            }
        }
    }

    func observe() async throws -> Observation {
        guard let hoard else { return [:] }
        return try await Blocking.run { try hoard.observe() }
    }

    func end() async -> UndoOutcome {
        loop?.cancel()
        await loop?.value
        loop = nil
        guard let hoard else { return .alreadyRestored }
        self.hoard = nil
        let outcome = await Blocking.run { hoard.release() }
        guard let priorLimit else { return outcome }
        self.priorLimit = nil
        do throws(SystemError) {
            try ResourceLimit.openFiles.write(getpid(), priorLimit)
        } catch {
            return .failed("\(outcome); and \(error)")
        }
        return outcome
    }

    /// As far as the hard limit allows; beyond it the kernel says EMFILE, which the fault shows.
    private func raiseLimit(for size: Int) throws(SystemError) {
        let values = try ResourceLimit.openFiles.read(getpid())
        let wanted = min(UInt64(size) + HoardKeeper.ownFiles, values.hard)
        guard values.soft < wanted else { return }
        try ResourceLimit.openFiles.write(getpid(), ResourceLimit.Values(soft: wanted, hard: values.hard))
        priorLimit = values
    }
}
