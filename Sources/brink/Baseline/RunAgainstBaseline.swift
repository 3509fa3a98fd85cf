import Baselines
import Events
import Harness

/// The undisturbed seconds of a run, held against a baseline of the same scenario.
struct RunAgainstBaseline {
    let baseline: Baseline
    /// Whether a regression fails the run.
    let gates: Bool

    /// - Throws: when it is a baseline of something else.
    func check(_ scenario: String) throws(HarnessError) {
        guard baseline.scenario == scenario else {
            throw HarnessError(
                .usage,
                "baseline \(baseline.name) is of \(baseline.scenario), not of \(scenario): "
                    + "save one with `brink baseline save NAME --scenario …`")
        }
    }

    /// - Returns: what to print, and whether the run is to end as a regression.
    func compare(_ events: [RunEvent]) -> (lines: [String], fails: Bool) {
        var environment = baseline.environment
        for case .started(let start) in events.map(\.kind) {
            // What a run does not record is taken to be the same.
            for (name, value) in start.environment where environment[name] != nil && name != "postgresql" {
                environment[name] = value
            }
        }
        let figures = UndisturbedWindows(events).figures
        guard !figures.isEmpty else {
            return (["baseline: the run's own baseline phase was too short to compare anything"], false)
        }
        let comparison = BaselineComparison(baseline, with: figures, environment: environment)
        return (comparison.lines.map { "baseline: \($0)" }, gates && comparison.isRegression)
    }
}
