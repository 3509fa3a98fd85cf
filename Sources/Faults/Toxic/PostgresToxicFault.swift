import Engine
import Scenarios
import ToxicProxy

/// Acts on messages of PostgreSQL's protocol on a link.
public struct PostgresToxicFault: ToxicFault {
    public static let schema = FaultSchema(
        name: "toxic.postgres",
        summary: "Acts on messages of PostgreSQL's protocol on the link: delays, cuts, fails or swallows them.",
        targets: [.link],
        parameters: [
            ParameterSchema(
                "on",
                .choice(ToxicCatalogue.choices("on", of: type)), default: "statement",
                "The message; commit_complete is a COMMIT that is durable and whose client does not know."),
            ParameterSchema(
                "do", .choice(ToxicCatalogue.choices("do", of: type)), required: true,
                "delay it; close the connection before it (after a data_row) with FIN or RST; fail it; drop it."),
            ParameterSchema("delay", .duration, default: "0s", "For delay."),
            ParameterSchema("row", .integer(1...1_000_000_000), default: "1", "Which row of a result, for data_row."),
            ParameterSchema("sqlstate", .text, default: "57P01", "Five characters, for error."),
            ParameterSchema("user", .text, "Sessions of this role only; NAME* for all that begin so."),
            ParameterSchema("database", .text, "Sessions of this database only; NAME* likewise."),
            ParameterSchema("application", .text, "Sessions of this application_name only; NAME* likewise."),
            ParameterSchema(
                "transaction", .choice(ToxicCatalogue.choices("transaction", of: type)), default: "any",
                "The state the session must be in."),
            ParameterSchema("statement", .text, "A glob over the statement, such as INSERT INTO orders*."),
            ParameterSchema("every", .integer(1...1_000_000_000), default: "1", "Each n-th match of a connection."),
            ParameterSchema("probability", .fraction(0...1), default: "100%", "Share of those matches."),
            ParameterSchema("once", .flag, default: "false", "Once on a connection."),
            .toxicity, .toxicClients,
        ],
        requirements: ["a PostgreSQL behind the link, and clients that do not insist on TLS"],
        verifiedBy: "messages acted on", undoneBy: "removing the toxic; what is held back goes on at once")

    static let type = "postgres"

    let applied: AppliedToxic

    init(applied: AppliedToxic) {
        self.applied = applied
    }

    static func attributes(_ parameters: Parameters) -> [String: AttributeValue] {
        var attributes: [String: AttributeValue] = [
            "delay": .milliseconds(parameters.duration("delay")),
            "row": .number(Double(parameters.integer("row") ?? 1)),
            "every": .number(Double(parameters.integer("every") ?? 1)),
            "probability": .number(parameters.fraction("probability") ?? 1),
            "once": .flag(parameters.flag("once") ?? false),
        ]
        for name in ["on", "do", "sqlstate", "user", "database", "application", "transaction", "statement"] {
            if let text = parameters.text(name) { attributes[name] = .text(text) }
        }
        return attributes
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let messages = now.growth(of: "messages", since: before)
        return messages > 0 ? .seen("\(messages) messages acted on") : .notYet("no message matched so far")
    }
}
