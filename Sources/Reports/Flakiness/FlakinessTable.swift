import TextTables

/// How flaky scenarios are, a line each.
public struct FlakinessTable {
    private let rows: [ObservedFlakiness]

    public init(_ rows: [ObservedFlakiness]) {
        self.rows = rows
    }

    public var lines: [String] {
        if rows.isEmpty { return [] }
        let header = ["scenario", "first attempts", "rate (95 %)", "finding"]
        return TextTable(
            visible: [header]
                + rows.map { row in
                    let words = FlakinessWords(row)
                    let service = row.profile.map { " (\($0))" } ?? ""
                    return [row.scenario + service, words.count, words.rate, words.finding]
                }
        ).lines
    }
}
