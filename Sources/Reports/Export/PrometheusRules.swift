import Scenarios
import Yams

/// Alert rules as a rules file of Prometheus (2.42 or later, for `keep_firing_for`).
///
/// Prometheus sees a value a second at best where Brink sees five or ten, so an alert comes a few seconds later than
/// Brink's own.
public struct PrometheusRules {
    private let rules: [AlertRule]

    public init(_ rules: [AlertRule]) {
        self.rules = rules
    }

    /// - Throws: what the YAML writer says.
    public func text() throws -> String {
        let entries = rules.compactMap(Entry.init)
        let file = File(groups: [File.Group(name: "brink", interval: "1s", rules: entries)])
        let encoder = YAMLEncoder()
        encoder.options = YAMLEncoder.Options(width: -1)
        return "# Made by brink alerts --export prometheus: Brink's rules over the metrics of brink watch --web.\n"
            + (try encoder.encode(file))
    }

    private struct File: Encodable {
        struct Group: Encodable {
            let name: String
            let interval: String
            let rules: [Entry]
        }

        let groups: [Group]
    }

    private struct Entry: Encodable {
        let alert: String
        let expr: String
        let sustained: String
        let kept: String?
        let annotations: Annotations

        struct Annotations: Encodable {
            let summary: String
            let run: String
        }

        enum CodingKeys: String, CodingKey {
            case alert, expr, annotations
            case sustained = "for"
            case kept = "keep_firing_for"
        }

        init?(_ rule: AlertRule) {
            guard let expression = PrometheusExpression(rule) else { return nil }
            alert = rule.id
            expr = expression.text
            sustained = PrometheusExpression.duration(rule.sustained)
            // Nothing is not the same as no time at all: that Prometheus refuses.
            kept = rule.keptFiring > .zero ? PrometheusExpression.duration(rule.keptFiring) : nil
            annotations = Annotations(
                summary: "\(rule.text) in {{ $labels.scenario }}", run: "{{ $labels.run }}")
        }
    }
}
