import Scenarios

/// A metric of the samples as Prometheus calls it: `db.cpu.usage` is `brink_sample_cpu_usage{target="db"}`.
struct SampleName: Hashable, Comparable {
    /// As conditions have it.
    let metric: String
    let name: String
    let target: String?

    init(_ metric: String) {
        self.metric = metric
        let isGlobal = MetricNames.global.contains(metric)
        let suffix = isGlobal ? nil : SampleName.suffixes.first { metric.hasSuffix(".\($0)") }
        target = suffix.map { String(metric.dropLast($0.count + 1)) }
        var text = "brink_sample_"
        for character in suffix ?? metric {
            if character.isUppercase { text += "_" }
            text += character.isLetter || character.isNumber ? character.lowercased() : "_"
        }
        name = text
    }

    /// The longest first: `connections.waiting` before `waiting`.
    private static let suffixes = MetricNames.perTarget.sorted { $0.count > $1.count }

    var labels: [(name: String, value: String)] { target.map { [("target", $0)] } ?? [] }

    /// So that a family's metrics stand together.
    static func < (left: SampleName, right: SampleName) -> Bool {
        (left.name, left.metric) < (right.name, right.metric)
    }
}
