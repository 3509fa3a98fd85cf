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

    /// A baseline has asked the server (15.18), a run knows which one is installed (15).
    private static func major(of version: String?) -> String? {
        version?.split(separator: ".").first.map(String.init)
    }

    /// What a comparison came to.
    struct Finding {
        /// To be printed.
        var lines: [String]
        /// Whether the run is to end as a regression.
        var fails = false
        /// What is to be added to the run's events, so that its reports tell of it too.
        var events: [RunEvent] = []
    }

    func compare(_ events: [RunEvent]) -> Finding {
        var environment = baseline.environment
        for case .started(let start) in events.map(\.kind) {
            // What a run does not record is taken to be the same.
            for (name, value) in start.environment {
                if name == "postgresql", Self.major(of: environment[name]) == value { continue }
                environment[name] = value
            }
        }
        let figures = UndisturbedWindows(events).figures
        guard !figures.isEmpty else {
            return Finding(lines: ["baseline: the run's own baseline phase was too short to compare anything"])
        }
        let comparison = BaselineComparison(baseline, with: figures, environment: environment)
        var finding = Finding(
            lines: comparison.lines.map { "baseline: \($0)" }, fails: gates && comparison.isRegression)
        if gates { finding.events = verdict(comparison, after: events) }
        return finding
    }

    /// The gate as one more expectation; one that fails also changes how a run that passed has ended.
    private func verdict(_ comparison: BaselineComparison, after events: [RunEvent]) -> [RunEvent] {
        guard let last = events.last else { return [] }
        let isSlower = comparison.isRegression
        let verdict: Verdict = isSlower ? .fail : comparison.warnings.isEmpty ? .pass : .inconclusive
        let result = ExpectationResult(
            id: "baseline", that: "not slower than baseline \(baseline.name)", verdict: verdict, values: [:],
            detail: (comparison.warnings + comparison.lines.suffix(1)).joined(separator: "; "))
        guard isSlower, case .ended(var end) = last.kind, end.verdict == .pass else {
            return [RunEvent(last.time, .expectation(result))]
        }
        end.verdict = .fail
        end.reason = "slower than baseline \(baseline.name)"
        end.exitCode = Harness.ExitCode.regression.rawValue
        return [RunEvent(last.time, .expectation(result)), RunEvent(last.time, .ended(end))]
    }
}
