import Squeeze

/// One chart: lines over the shared time axis, with what stands beside it.
struct Chart {
    var id: String
    let title: String
    /// What the title leaves out.
    var note: String?
    let unit: MetricUnit
    let series: [Series]
    let thresholds: [Threshold]
    /// Whether a wide range of values may be drawn on a logarithmic axis.
    var mayBeLogarithmic = false

    /// A line of the legend.
    struct LegendEntry {
        let legendName: String
        let legendStyle: String
        /// Highest value.
        let legendPeak: String
    }

    /// A tick of the vertical axis, in percent from the bottom.
    struct TickLabel {
        let tickPlace: String
        let tickText: String
    }

    /// The working set as a trace saw it.
    init(_ trace: TraceResult) {
        id = "chart-trace"
        title = "Working set"
        note = "of \(trace.target)"
        unit = .bytes
        let points = { (value: KeyPath<WorkingSetEstimate, Double>) in
            trace.estimates.map { Series.Point(time: $0.time, value: $0[keyPath: value]) }
        }
        series = [
            Series(name: "estimate", color: 1, points: points(\.value)),
            Series(name: "charged", color: 2, points: points(\.current)),
        ]
        thresholds = []
    }

    init(id: String, title: String, unit: MetricUnit, series: [Series], thresholds: [Threshold]) {
        self.id = id
        self.title = title
        self.unit = unit
        self.series = series
        self.thresholds = thresholds
    }

    func scale() -> ValueScale {
        let values = series.flatMap { $0.points.map(\.value) }
        let highest = values.max() ?? 0
        let smallest = mayBeLogarithmic ? values.filter { $0 > 0 }.min() : nil
        // A bound not far above the values belongs into the picture; a distant one would flatten them.
        let bounds = thresholds.map(\.value).filter { $0 <= highest * 2 }
        return ValueScale(highest: max(highest, bounds.max() ?? 0), smallest: smallest, unit: unit)
    }

    func svg(_ backdrop: Backdrop, scale: ValueScale) -> String {
        var drawing = Drawing(id: id, title: title, explanation: explanation(scale))
        backdrop.drawAll(&drawing)
        for tick in scale.ticks {
            drawing.horizontalLine(at: 100 - scale.place(tick.value) * 100, style: "grid")
        }
        for threshold in drawn(thresholds, scale) {
            drawing.horizontalLine(at: 100 - scale.place(threshold.value) * 100, style: "bound")
        }
        let sampler = DownSampler(axis: backdrop.axis)
        for line in series {
            drawing.line(
                sampler.thin(line.points), axis: backdrop.axis, scale: scale, style: "line s\(line.color)")
        }
        return drawing.svg
    }

    func legend(_ scale: ValueScale) -> [LegendEntry] {
        series.map { line in
            LegendEntry(
                legendName: line.name, legendStyle: "line s\(line.color)",
                legendPeak: "max " + unit.text(line.points.map(\.value).max() ?? 0))
        }
            + drawn(thresholds, scale).map {
                LegendEntry(legendName: "steady: \($0.text)", legendStyle: "bound", legendPeak: "")
            }
    }

    func tickLabels(_ scale: ValueScale) -> [TickLabel] {
        scale.ticks.map { tick in
            TickLabel(tickPlace: MetricUnit.trim(scale.place(tick.value) * 100), tickText: tick.label)
        }
    }

    private func drawn(_ thresholds: [Threshold], _ scale: ValueScale) -> [Threshold] {
        thresholds.filter { $0.value >= scale.lowest && $0.value <= scale.highest }
    }

    private func explanation(_ scale: ValueScale) -> String {
        let lines = series.map { line in
            let values = line.points.map(\.value)
            return "\(line.name): lowest \(unit.text(values.min() ?? 0)), highest \(unit.text(values.max() ?? 0))."
        }
        return (["Lines over the time of the run\(scale.isLogarithmic ? ", logarithmic" : "")."] + lines)
            .joined(separator: " ")
    }
}
