import Harness
import UnixSignals

/// A session that signals end early.
enum SignalledSession {
    /// Signals are caught before anything is started or changed.
    /// - Throws: also for what a session did not foresee.
    static func run<Value: Sendable>(
        _ run: @Sendable () async throws -> Value,
        _ interrupt: @escaping @Sendable (Harness.ExitCode) async -> Void
    ) async throws(HarnessError) -> Value {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup)
        let watcher = Task {
            for await signal in signals { await interrupt(signal == .sigint ? .interrupted : .terminated) }
        }
        defer { watcher.cancel() }
        do {
            return try await run()
        } catch let error as HarnessError {
            throw error
        } catch {
            throw HarnessError(.internal, "\(error)")
        }
    }
}
