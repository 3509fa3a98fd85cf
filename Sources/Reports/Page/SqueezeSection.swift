import Foundation
import Scenarios
import Squeeze

/// The part of the page that shows what a squeeze found: the facts, the curve and the steps.
struct SqueezeSection {
    private let result: SqueezeResult
    private let values: ValueScale
    private let thresholds: [Threshold]

    init(_ result: SqueezeResult) {
        self.result = result
        let all = result.levels.map(\.value) + [result.usage, result.recommended].compactMap(\.self)
        let range = (all.min() ?? 0)...(all.max() ?? 1)
        values = ValueScale(spanning: range, unit: SqueezeSection.unit(result.subject.unit))
        thresholds = result.subject.objective.components(separatedBy: " and ").compactMap {
            Threshold(check: $0.trimmingCharacters(in: .whitespaces))
        }
    }

    var content: PageContent.Squeeze {
        PageContent.Squeeze(
            squeezeTitle: "\(result.subject.knob) of \(result.subject.target)",
            squeezeObjective: result.subject.objective, squeezeSummary: result.summary, findings: findings,
            valueTicks: values.ticks.enumerated().map { index, tick in
                .init(
                    axisPlace: MetricUnit.trim(values.place(tick.value) * 100), axisText: tick.label,
                    isMinor: !index.isMultiple(of: 2))
            },
            valueMarks: marks.map { .init(markName: $0.name, markStyle: $0.style, markText: text($0.value)) },
            curves: charts.map { chart in
                let scale = chart.scale
                return .init(
                    curveTitle: chart.title, curveNote: scale.isLogarithmic ? "logarithmic" : chart.note,
                    curveDrawing: chart.svg(scale), curveTicks: chart.ticks(scale), curveLegend: [])
            },
            stepRows: result.steps.map(row))
    }

    private static func unit(_ unit: SqueezeSubject.Unit) -> MetricUnit {
        switch unit {
        case .bytes, .bytesPerSecond: .bytes
        // 100 % is one CPU, as in a scenario.
        case .cpus: .fraction
        case .count: .count
        }
    }

    private func text(_ value: Double) -> String { result.subject.unit.text(value) }

    private var findings: [PageContent.Fact] {
        let between = { (estimate: SqueezeResult.Estimate) in
            "\(text(estimate.value)), between \(text(estimate.low)) and \(text(estimate.high))"
        }
        let confidence = result.brink?.confidence.map { "\(MetricUnit.trim(($0 * 1000).rounded(.down) / 10)) %" }
        let pairs: [(String, String?)] = [
            ("Without a limit", result.usage.map(text)), ("Knee", result.knee.map(between)),
            ("Brink", result.brink.map(between)), ("Confidence", confidence),
            ("Wall", result.wall.map { "\(text($0.value)): \($0.sign)" }),
            ("Recommended", result.recommended.map(text)),
            ("Effort", "\(result.steps.count) steps, \(ClockText.length(result.seconds))"),
        ]
        return pairs.compactMap { name, value in value.map { .init(factName: name, factValue: $0) } }
    }

    // MARK: Curves

    private var marks: [CurveChart.Mark] {
        [
            result.wall.map { CurveChart.Mark(name: "wall", style: "wall", value: $0.value) },
            result.brink.map {
                CurveChart.Mark(name: "brink", style: "brink", value: $0.value, range: $0.low...max($0.low, $0.high))
            },
            result.knee.map { CurveChart.Mark(name: "knee", style: "knee", value: $0.value) },
            result.recommended.map { CurveChart.Mark(name: "recommended", style: "recommended", value: $0) },
        ].compactMap(\.self)
    }

    /// The objective's own figures, then what the kernel says of the target.
    private var charts: [CurveChart] {
        let target = result.subject.target
        let own = thresholds.map {
            (
                title: $0.metric, note: "bound \(MetricUnit(of: $0.metric).text($0.value))", metric: $0.metric,
                bound: $0.value as Double?
            )
        }
        let others = [
            ("Latency p99", nil, "latency.p99"), ("Errors", nil, "errors.rate"),
            ("Memory pressure", "some task stalled", "\(target).memory.pressure.some.share"),
            ("CPU pressure", "some task stalled", "\(target).cpu.pressure.some.share"),
            ("I/O pressure", "some task stalled", "\(target).io.pressure.some.share"),
            ("Throttled", "time lost to cpu.max", "\(target).cpu.throttled"),
            ("Refaults", "pages read in again", "\(target).memory.refaults.perSecond"),
        ].map { (title: $0.0, note: $0.1, metric: $0.2, bound: nil as Double?) }
        let shown = own + others.filter { other in !own.contains { $0.metric == other.metric } }
        return shown.enumerated().compactMap { index, one in
            let dots = result.steps.compactMap { step -> CurveChart.Dot? in
                guard let value = step.value, let height = step.figures[one.metric] else { return nil }
                return CurveChart.Dot(value: value, height: height, holds: step.holds)
            }
            // A figure that stays at nothing has no curve; those of the objective are shown all the same.
            guard dots.contains(where: { $0.height > 0 }) || (one.bound != nil && !dots.isEmpty) else { return nil }
            let line = result.levels.compactMap { level in level.figures[one.metric].map { (level.value, $0) } }
            return CurveChart(
                id: "curve-\(index + 1)", title: one.title, note: one.note, unit: MetricUnit(of: one.metric),
                dots: dots,
                line: line, bound: one.bound, marks: marks, values: values,
                explanation: explanation(one.title, MetricUnit(of: one.metric), line))
        }
    }

    private func explanation(_ title: String, _ unit: MetricUnit, _ line: [(Double, Double)]) -> String {
        let points = line.map { "\(text($0.0)): \(unit.text($0.1))" }
        return "\(title) over \(result.subject.knob). \(points.joined(separator: ", "))."
    }

    // MARK: Steps

    private func row(_ step: SqueezeStep) -> PageContent.StepRow {
        let face = VerdictFace(step.holds.map { $0 ? .pass : .fail } ?? .inconclusive)
        let words = [step.counts || step.holds == nil ? nil : "not counted", step.wall, step.remark, step.evidence]
        return .init(
            stepNumber: "\(step.number)", stepTime: ClockText.moment(step.began),
            stepValue: step.value.map(text) ?? "unlimited", stepPurpose: step.purpose.rawValue,
            stepApproach: step.approach.rawValue, stepStyle: face.style, stepSymbol: face.symbol,
            stepVerdict: step.holds.map { $0 ? "holds" : "fails" } ?? "not judged",
            stepBurden: step.burden.map { MetricUnit.fraction.text($0) } ?? "–",
            stepDrain: step.drainSeconds.map(ClockText.length) ?? "–",
            stepWords: words.compactMap(\.self).joined(separator: "; "))
    }
}
