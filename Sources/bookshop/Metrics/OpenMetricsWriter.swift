/// Writes the OpenMetrics 1.0 text format.
struct OpenMetricsWriter {
    static let contentType = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    private(set) var text = ""

    mutating func counter(_ name: String, _ help: String, _ counter: LabeledCounter) {
        describe(name, "counter", help)
        for (values, count) in counter.values {
            sample("\(name)_total", Array(zip(counter.labels, values)), "\(count)")
        }
    }

    mutating func counter(_ name: String, _ help: String, _ value: UInt64) {
        describe(name, "counter", help)
        sample("\(name)_total", [], "\(value)")
    }

    mutating func counter(_ name: String, _ help: String, seconds: Double) {
        describe(name, "counter", help)
        sample("\(name)_total", [], "\(seconds)")
    }

    mutating func gauge(_ name: String, _ help: String, _ value: some CustomStringConvertible) {
        describe(name, "gauge", help)
        sample(name, [], value.description)
    }

    mutating func gauge(_ name: String, _ help: String, label: String, _ values: [(String, Int)]) {
        describe(name, "gauge", help)
        for (labelValue, value) in values { sample(name, [(label, labelValue)], "\(value)") }
    }

    mutating func histogram(_ name: String, _ help: String, _ histogram: DurationHistogram) {
        let snapshot = histogram.snapshot
        describe(name, "histogram", help)
        for (bound, count) in snapshot.cumulative {
            sample("\(name)_bucket", [("le", bound.isInfinite ? "+Inf" : "\(bound)")], "\(count)")
        }
        sample("\(name)_count", [], "\(snapshot.cumulative.last?.count ?? 0)")
        sample("\(name)_sum", [], "\(snapshot.sum)")
    }

    /// Ends the exposition; nothing may follow.
    mutating func end() {
        text += "# EOF\n"
    }

    private mutating func describe(_ name: String, _ type: String, _ help: String) {
        text += "# TYPE \(name) \(type)\n# HELP \(name) \(help)\n"
    }

    private mutating func sample(_ name: String, _ labels: [(String, String)], _ value: String) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.0)=\"\(Self.escape($0.1))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    private static func escape(_ value: String) -> String {
        var escaped = ""
        for character in value {
            switch character {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
