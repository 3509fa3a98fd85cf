import Baselines
import Harness

/// Measures a baseline where it can be measured: in cgroups, or the reference service without them.
struct BaselineMeasurement {
    let settings: Settings
    /// Whether it is the reference service, which Brink can also start by itself.
    let isReference: Bool

    /// - Throws: `HarnessError`.
    func measure(_ request: BaselineRequest) async throws -> Baseline {
        do throws(HarnessError) {
            _ = try Preflight(settings: settings).require()
        } catch {
            guard error.code == .preflight, isReference else { throw error }
            Console.progress("brink: no services in cgroups here, so some metrics are left out: \(error)")
            return try await unconfined(request)
        }
        return try await confined(request)
    }

    private func confined(_ request: BaselineRequest) async throws -> Baseline {
        var options = RunOptions()
        options.brinkVersion = Version.current
        let view = LiveView(color: Console.usesColor)
        let session = BaselineSession(request, options: options, settings: settings, listener: { view.show($0) })
        let outcome = try await SignalledSession.run(session.run, session.interrupt)
        guard let baseline = await session.baseline, outcome.exitCode == .pass else {
            throw HarnessError(outcome.exitCode, "no baseline was saved: \(outcome.reason); see \(outcome.folder)")
        }
        return baseline
    }

    private func unconfined(_ request: BaselineRequest) async throws -> Baseline {
        let session = UnconfinedSession(request, version: Version.current, settings: settings) {
            Console.progress("brink: \($0)")
        }
        return try await SignalledSession.run(session.run, session.interrupt)
    }
}
