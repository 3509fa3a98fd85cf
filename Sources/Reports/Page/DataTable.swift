/// The values of a chart as a table, for those who would rather read them.
struct DataTable {
    struct Row {
        let rowTime: String
        let cells: [String]
    }

    static let rowLimit = 40

    let columns: [String]
    let rows: [Row]

    /// Each row covers a slice of time and gives the lowest and the highest value in it.
    init(_ chart: Chart, axis: TimeAxis) {
        let count = DataTable.rowLimit
        let slice = axis.span / Double(count)
        columns = chart.series.map(\.name)
        let cells: [[String?]] = chart.series.map { line in
            var ranges: [(low: Double, high: Double)?] = Array(repeating: nil, count: count)
            for point in line.points {
                let index = min(max(Int(point.time / slice), 0), count - 1)
                let range = ranges[index] ?? (point.value, point.value)
                ranges[index] = (min(range.low, point.value), max(range.high, point.value))
            }
            return ranges.map { $0.map { DataTable.text($0.low, $0.high, chart.unit) } }
        }
        rows = (0..<count).compactMap { index in
            let row = cells.map { $0[index] }
            guard row.contains(where: { $0 != nil }) else { return nil }
            return Row(rowTime: ClockText.moment(Double(index) * slice), cells: row.map { $0 ?? "–" })
        }
    }

    private static func text(_ low: Double, _ high: Double, _ unit: MetricUnit) -> String {
        let texts = (unit.text(low), unit.text(high))
        return texts.0 == texts.1 ? texts.0 : "\(texts.0) – \(texts.1)"
    }
}
