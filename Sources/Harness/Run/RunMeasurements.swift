import Events
import LinuxSystem
import Measurement
import Scenarios
import Workload

/// Everything that is measured in a run, and the values of any operand over any stretch of it.
public struct RunMeasurements: Sendable {
    public let sampler: Sampler
    public let recorder: LoadRecorder
    private let start: Duration
    private let window: Duration
    /// Metrics of the steady state's checks.
    private let windowMetrics: [String]

    /// Conditions look at the last second.
    private static let moment = 1.0

    public init(sampler: Sampler, recorder: LoadRecorder, start: Duration, steadyState: Scenario.SteadyState?) {
        self.sampler = sampler
        self.recorder = recorder
        self.start = start
        self.window = steadyState?.window ?? .seconds(5)
        self.windowMetrics = (steadyState?.checks ?? []).flatMap(\.condition.expression.operands).compactMap {
            operand in
            if case .metric(let name) = operand { name } else { nil }
        }
    }

    /// One round of readings, with the load's figures of the last second and of the steady state's window.
    public func observe() -> (now: [String: Double], window: [String: Double]) {
        let round = sampler.sample()
        let now = round.values.merging(recorder.metrics(from: round.time - RunMeasurements.moment, to: round.time)) {
            _, new in new
        }
        let from = round.time - window.inSeconds
        var window = recorder.metrics(from: from, to: round.time)
        for name in windowMetrics where window[name] == nil {
            window[name] = sampler.mean(of: name, from: from, to: round.time)
        }
        return (now, window)
    }

    /// A metric over a stretch of the run.
    public func value(of metric: String, from: Double, to: Double) -> Double? {
        recorder.metrics(from: from, to: to)[metric] ?? sampler.mean(of: metric, from: from, to: to)
    }
}
