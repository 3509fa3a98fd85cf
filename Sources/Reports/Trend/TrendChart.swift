/// One figure over the commits: a dot for each run, a line through the medians of each commit.
struct TrendChart {
    struct Line {
        let name: String
        let figure: String
        /// Number of its colour, from 1.
        let color: Int
    }

    /// More dots at one place cannot be told apart; lowest and highest are always among those that are left.
    static let dotLimit = 12

    let id: String
    let title: String
    let note: String?
    let unit: MetricUnit
    let lines: [Line]
    let commits: [CommitRuns]

    /// Nil when no run has such a figure.
    init?(
        id: String, title: String, note: String? = nil, unit: MetricUnit, figures: [(name: String, figure: String)],
        commits: [CommitRuns]
    ) {
        let lines = figures.enumerated().compactMap { index, entry in
            commits.contains { $0.runs.contains { $0.figures[entry.figure]?.isFinite == true } }
                ? Line(name: entry.name, figure: entry.figure, color: index % 6 + 1) : nil
        }
        if lines.isEmpty { return nil }
        self.id = id
        self.title = title
        self.note = note
        self.unit = unit
        self.lines = lines
        self.commits = commits
    }

    var scale: ValueScale {
        let all = lines.flatMap { line in commits.flatMap { values(line, $0) } }
        let smallest = unit == .seconds ? all.filter { $0 > 0 }.min() : nil
        return ValueScale(highest: all.max() ?? 0, smallest: smallest, unit: unit)
    }

    func svg(_ scale: ValueScale) -> String {
        var drawing = Drawing(id: id, title: title, explanation: explanation)
        for tick in scale.ticks { drawing.horizontalLine(at: 100 - scale.place(tick.value) * 100, style: "grid") }
        for index in commits.indices { drawing.verticalLine(at: x(index), style: "grid") }
        for line in lines {
            let medians = commits.indices.compactMap { index in
                commits[index].median(line.figure).map { (x: x(index), y: 100 - scale.place($0) * 100) }
            }
            drawing.line(through: medians, style: "line s\(line.color)")
            for index in commits.indices {
                for value in TrendChart.thin(values(line, commits[index])) {
                    drawing.dot(x: x(index), y: 100 - scale.place(value) * 100, style: "point s\(line.color)")
                }
            }
        }
        return drawing.svg
    }

    func legend() -> [Chart.LegendEntry] {
        lines.map { line in
            let last = commits.reversed().compactMap { $0.median(line.figure) }.first ?? 0
            return Chart.LegendEntry(
                legendName: line.name, legendStyle: "line s\(line.color)", legendPeak: "last " + unit.text(last))
        }
    }

    /// The place of a commit in the drawing.
    private func x(_ index: Int) -> Double { TrendAxis(count: commits.count).x(index) }

    private func values(_ line: Line, _ commit: CommitRuns) -> [Double] {
        commit.runs.compactMap { $0.figures[line.figure] }.filter(\.isFinite)
    }

    private static func thin(_ values: [Double]) -> [Double] {
        guard values.count > dotLimit else { return values }
        let sorted = values.sorted()
        return (0..<dotLimit).map { sorted[$0 * (sorted.count - 1) / (dotLimit - 1)] }
    }

    private var explanation: String {
        let words = lines.map { line in
            let medians = commits.compactMap { $0.median(line.figure) }
            return "\(line.name): \(unit.text(medians.first ?? 0)) at the first commit, "
                + "\(unit.text(medians.last ?? 0)) at the last."
        }
        return (["Medians over \(commits.count) commits."] + words).joined(separator: " ")
    }
}

/// Places of commits from left to right.
struct TrendAxis {
    let count: Int

    func x(_ index: Int) -> Double { (Double(index) + 0.5) / Double(max(count, 1)) * TimeAxis.width }

    /// Labels at most ten places; every second of those goes without where there is little room.
    func ticks(_ names: [String]) -> [PageContent.AxisTick] {
        let stride = max(1, (names.count + 9) / 10)
        return names.indices.filter { $0.isMultiple(of: stride) }.enumerated().map { number, index in
            .init(
                axisPlace: MetricUnit.trim(x(index) / TimeAxis.width * 100), axisText: names[index],
                isMinor: !number.isMultiple(of: 2))
        }
    }
}
