import Engine
import Journal
import LinuxSystem

/// Keeps a hoard of connections at its size while a fault lasts: what the server ends is opened again, what becomes free
/// is taken.
actor HoardKeeper {
    private var hoard: (any ConnectionHoard)?
    private var loop: Task<Void, Never>?
    private let files = OpenFilesAllowance()

    /// Slower than a pool that tries again, so that the hoard is no load of its own.
    static let interval = Duration.milliseconds(50)

    /// - Parameter size: the most connections it will have.
    func begin(_ hoard: any ConnectionHoard, size: Int) async throws {
        self.hoard = hoard
        try files.raise(for: size)
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
        let limit = files.restore()
        return limit == .restored ? outcome : .failed("\(outcome); and \(limit)")
    }
}
