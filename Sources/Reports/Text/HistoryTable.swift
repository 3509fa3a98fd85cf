import TextTables

/// Runs of the history, a line each.
public struct HistoryTable {
    private let records: [RunRecord]

    public init(_ records: [RunRecord]) {
        self.records = records
    }

    public var lines: [String] {
        if records.isEmpty { return [] }
        let header = ["started", "verdict", "scenario", "commit", "recovery", "p99", "errors", "run"]
        return TextTable(visible: [header] + records.map(row)).lines
    }

    private func row(_ record: RunRecord) -> [String] {
        func figure(_ name: String, _ unit: MetricUnit) -> String { record.figures[name].map(unit.text) ?? "–" }
        let recovery = record.figures.filter { $0.key.hasPrefix("recovery(") }.values.max()
        let retry = record.attempt > 1 ? " (attempt \(record.attempt))" : ""
        return [
            record.startedAt, record.verdict?.rawValue ?? "no end", record.scenario + retry,
            record.commit.map { String($0.prefix(7)) } ?? "–", recovery.map { ClockText.length($0) } ?? "–",
            figure("phase(run, latency.p99)", .seconds), figure("phase(run, errors.rate)", .fraction), record.run,
        ]
    }
}
