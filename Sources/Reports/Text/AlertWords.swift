import Events

/// What alerts were worth in words.
struct AlertWords {
    let scores: [DetectionScore]

    /// All rules together first, then those that told of something or gave a false alarm; the quickest before the others.
    var lines: [String] {
        let telling = scores.filter { $0.rightAlerts + $0.falseAlarms > 0 || $0.rule == "any" }
        return telling.sorted { order($0) < order($1) }.map(line)
    }

    private func order(_ score: DetectionScore) -> (Int, Double, String) {
        (score.rule == "any" ? 0 : 1, score.incidents.compactMap(\.delay).min() ?? .infinity, score.rule)
    }

    private func line(_ score: DetectionScore) -> String {
        let told = score.incidents.filter { $0.delay != nil }
        let incidents = told.map { incident in
            "\(incident.faults.joined(separator: ", ")) after \(ClockText.length(incident.delay ?? 0))"
        }
        let missed = score.incidents.filter { $0.delay == nil }.map { $0.faults.joined(separator: ", ") }
        var parts: [String] = []
        if !incidents.isEmpty { parts.append("told of \(incidents.joined(separator: "; "))") }
        if !missed.isEmpty { parts.append("missed \(missed.joined(separator: "; "))") }
        let alarms = score.falseAlarms == 1 ? "a false alarm" : "\(score.falseAlarms) false alarms"
        parts.append(score.falseAlarms == 0 ? "no false alarm" : alarms)
        let name = score.rule == "any" ? "All rules together" : "\(score.rule) (\(score.text))"
        return "\(name): \(parts.joined(separator: "; "))."
    }
}
