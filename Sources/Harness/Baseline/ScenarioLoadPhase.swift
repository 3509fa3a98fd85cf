import LinuxSystem
import Scenarios
import Workload

/// A second of the scenario's own load, to hold a run's undisturbed seconds against.
struct ScenarioLoadPhase: BaselinePhase {
    /// Zero of the recorder's clock.
    let start: Duration
    /// A load that begins anew with each run.
    let prepare: BaselineWork.MakeLoad
    let share = 0.06

    /// As long as the windows of a run's conditions.
    static let window = Duration.seconds(1)
    /// Until the load goes evenly: the first second also has the load's beginning, and the second one what that left
    /// behind. The same for a run, so that alike is held against alike.
    static let settle = window * 2

    func measure(in run: BaselineRun, into findings: inout RunFindings) async throws {
        let recorder = LoadRecorder()
        guard let load = try await prepare(run, recorder) else { return }
        await load.generator.begin()
        try await Task.sleep(for: Self.settle + Self.window)
        let now = (MonotonicClock.now() - start).inSeconds
        let metrics = recorder.metrics(from: now - Self.window.inSeconds, to: now)
        await load.generator.end()
        try await load.store.shutdown()
        if let errors = metrics["errors.rate"], errors > 0 {
            throw HarnessError(
                .internal, "the scenario's load met errors undisturbed; such a service has no baseline")
        }
        for (metric, name) in BaselineMetrics.ofLoad {
            guard let value = metrics[name] else {
                findings.lacks(metric, because: "the scenario's load is too thin for a window of a second")
                continue
            }
            findings.set(metric, value, of: 1)
        }
    }
}
