import Squeeze

/// One chart over the values of a squeezed knob: what each step measured, the bound, and where knee, brink, wall and
/// recommendation lie.
struct CurveChart {
    /// One step of the search.
    struct Dot: Hashable {
        var value: Double
        var height: Double
        /// Nil when it could not be told.
        var holds: Bool?
    }

    /// A place on the value axis.
    struct Mark: Hashable {
        let name: String
        let style: String
        let value: Double
        /// Where it can also lie.
        var range: ClosedRange<Double>?
    }

    let id: String
    let title: String
    var note: String?
    let unit: MetricUnit
    let dots: [Dot]
    /// Medians by value, least first.
    let line: [(value: Double, height: Double)]
    let bound: Double?
    let marks: [Mark]
    let values: ValueScale
    let explanation: String

    var scale: ValueScale {
        let heights = dots.map(\.height) + line.map(\.height)
        let highest = heights.max() ?? 0
        let smallest = heights.filter { $0 > 0 }.min()
        return ValueScale(
            highest: max(highest, bound.map { $0 <= highest * 20 ? $0 : 0 } ?? 0), smallest: smallest, unit: unit)
    }

    func svg(_ scale: ValueScale) -> String {
        var drawing = Drawing(id: id, title: title, explanation: explanation)
        for tick in values.ticks { drawing.verticalLine(at: x(tick.value), style: "grid") }
        for tick in scale.ticks { drawing.horizontalLine(at: y(tick.value, scale), style: "grid") }
        for mark in marks {
            if let range = mark.range {
                drawing.area(from: x(range.lowerBound), to: x(range.upperBound), style: "\(mark.style)-range")
            }
            drawing.verticalLine(at: x(mark.value), style: mark.style)
        }
        if let bound, bound <= scale.highest { drawing.horizontalLine(at: y(bound, scale), style: "bound") }
        drawing.line(through: line.map { (x($0.value), y($0.height, scale)) }, style: "line s1")
        for dot in dots {
            let style = dot.holds.map { $0 ? "step held" : "step failed" } ?? "step unjudged"
            drawing.dot(x: x(dot.value), y: y(dot.height, scale), style: style)
        }
        return drawing.svg
    }

    func ticks(_ scale: ValueScale) -> [Chart.TickLabel] {
        scale.ticks.map {
            Chart.TickLabel(tickPlace: MetricUnit.trim(scale.place($0.value) * 100), tickText: $0.label)
        }
    }

    private func x(_ value: Double) -> Double { values.place(value) * TimeAxis.width }

    private func y(_ height: Double, _ scale: ValueScale) -> Double { 100 - scale.place(height) * 100 }
}
