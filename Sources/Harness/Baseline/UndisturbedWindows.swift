import Baselines
import Events

/// The seconds of a run before its first fault, one after the other, in the metrics that a baseline of its scenario has.
public struct UndisturbedWindows: Sendable {
    public let figures: [RunFigures]

    /// How long a run must be left alone for as many windows as a baseline has runs at least.
    public static let leastBaseline = ScenarioLoadPhase.settle + ScenarioLoadPhase.window * 10

    /// - Parameter events: of the run; each of its samples has the load's figures of the last second.
    public init(_ events: [RunEvent]) {
        let window = ScenarioLoadPhase.window / .seconds(1)
        var isBaseline = false
        var next = Double.infinity
        var values: [String: [Double]] = [:]
        for event in events {
            switch event.kind {
            case .phase(let change):
                isBaseline = change.phase == .baseline
                if isBaseline { next = event.time + ScenarioLoadPhase.settle / .seconds(1) + window }
            case .sample(let sample) where isBaseline && event.time >= next:
                next = event.time + window
                for (metric, name) in BaselineMetrics.ofLoad {
                    if let value = sample.values[name] { values[metric, default: []].append(value) }
                }
            default: continue
            }
        }
        figures = BaselineMetrics.ofLoad.compactMap { metric, _ in
            guard let found = values[metric], let known = BaselineMetrics.named(metric) else { return nil }
            return RunFigures(
                metric: metric, values: found, direction: known.direction, resolution: known.resolution)
        }
    }
}
