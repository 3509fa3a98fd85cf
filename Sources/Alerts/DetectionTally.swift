import Events
import TextTables

/// What rules were worth over many runs.
public struct DetectionTally: Sendable {
    /// One rule over all runs in which it could be tried.
    public struct Row: Encodable, Sendable {
        public var rule: String
        public var runs = 0
        public var incidents = 0
        public var detected = 0
        /// Incidents in which the steady state did not hold, and how many of these were detected.
        public var felt = 0
        public var feltDetected = 0
        public var falseAlarms = 0
        public var rightAlerts = 0
        /// From a fault to its alert, in seconds; nil without any.
        public var medianDelay: Double?
        public var longestDelay: Double?
        public var precision: Double?
        public var recall: Double?
        public var feltRecall: Double?
        var delays: [Double] = []

        private enum CodingKeys: CodingKey {
            case rule, runs, incidents, detected, felt, feltDetected, falseAlarms, rightAlerts, medianDelay
            case longestDelay, precision, recall, feltRecall
        }
    }

    private var byRule: [String: Row] = [:]

    public init() {}

    public mutating func take(_ scores: [DetectionScore]) {
        for score in scores {
            // A part's name is the scenario's; what is said of the part is the rule.
            let name = score.rule.split(separator: "/").last.map(String.init) ?? score.rule
            var row = byRule[name] ?? Row(rule: name)
            row.runs += 1
            row.incidents += score.incidents.count
            row.detected += score.incidents.count { $0.delay != nil }
            row.felt += score.felt.count
            row.feltDetected += score.felt.count { $0.delay != nil }
            row.falseAlarms += score.falseAlarms
            row.rightAlerts += score.rightAlerts
            row.delays += score.incidents.compactMap(\.delay)
            byRule[name] = row
        }
    }

    /// `any` first, then by name.
    public var rows: [Row] {
        byRule.values.map { row in
            var row = row
            let delays = row.delays.sorted()
            row.medianDelay = delays.isEmpty ? nil : delays[delays.count / 2]
            row.longestDelay = delays.last
            let alerts = row.rightAlerts + row.falseAlarms
            row.precision = alerts > 0 ? Double(row.rightAlerts) / Double(alerts) : nil
            row.recall = row.incidents > 0 ? Double(row.detected) / Double(row.incidents) : nil
            row.feltRecall = row.felt > 0 ? Double(row.feltDetected) / Double(row.felt) : nil
            return row
        }.sorted { ($0.rule == "any" ? 0 : 1, $0.rule) < ($1.rule == "any" ? 0 : 1, $1.rule) }
    }

    /// As a table.
    public var text: String {
        let heading = [
            "rule", "runs", "incidents", "detected", "recall", "felt", "detected", "recall", "alerts", "false",
            "precision", "delay", "most",
        ]
        let lines = rows.map { row in
            [
                row.rule, "\(row.runs)", "\(row.incidents)", "\(row.detected)", share(row.recall),
                "\(row.felt)", "\(row.feltDetected)", share(row.feltRecall),
                "\(row.rightAlerts + row.falseAlarms)", "\(row.falseAlarms)", share(row.precision),
                seconds(row.medianDelay), seconds(row.longestDelay),
            ]
        }
        let alignment = [TextTable.Alignment.left] + Array(repeating: .right, count: heading.count - 1)
        return TextTable([heading] + lines, alignment: alignment).lines.joined(separator: "\n")
    }

    private func share(_ value: Double?) -> String { value.map { "\((($0 * 1000).rounded()) / 10) %" } ?? "–" }

    private func seconds(_ value: Double?) -> String {
        value.map { "\(Double(Int(($0 * 100).rounded())) / 100) s" } ?? "–"
    }
}
