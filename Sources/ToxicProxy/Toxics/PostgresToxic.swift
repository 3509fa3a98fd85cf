import PostgresWire

/// Acts on messages of PostgreSQL's protocol, of a proxy that follows it: on both directions, whatever the stream.
struct PostgresToxic: ToxicKind, Toxic {
    static let type = "postgres"
    static let attributes: [ToxicAttribute] = [
        ToxicAttribute("on", .choice(triggers.map(\.name)), .text("statement"), "The message it acts on."),
        ToxicAttribute(
            "do", .choice(["delay", "cut", "reset", "error", "swallow"]), .text("delay"),
            "delay it; close the connection before it, with FIN or RST; fail it with an error; drop it."),
        ToxicAttribute("delay", .number(0...86_400_000), .number(0), "Milliseconds, for delay."),
        ToxicAttribute("row", .whole(1...1 << 50), .number(1), "Which row of a result, for data_row."),
        ToxicAttribute("sqlstate", .text, .text("57P01"), "Five characters, for error."),
        ToxicAttribute("message", .text, .text("injected by brink"), "The error's text."),
        ToxicAttribute("user", .text, .text(""), "Sessions of this role only; NAME* for all that begin so."),
        ToxicAttribute("database", .text, .text(""), "Sessions of this database only; NAME* likewise."),
        ToxicAttribute("application", .text, .text(""), "Sessions of this application_name only; NAME* likewise."),
        ToxicAttribute(
            "transaction", .choice(["any", "idle", "in_transaction", "failed"]), .text("any"),
            "The state the session must be in."),
        ToxicAttribute("statement", .text, .text(""), "A glob over the statement, such as INSERT INTO orders*."),
        ToxicAttribute("every", .whole(1...1 << 50), .number(1), "Acts on each n-th match of a connection."),
        ToxicAttribute("probability", .number(0...1), .number(1), "Share of those matches."),
        ToxicAttribute("once", .flag, .flag(false), "Acts once on a connection."),
    ]

    private static let triggers: [(name: String, trigger: WireRule.Trigger)] = [
        ("authentication", .authentication), ("statement", .statement), ("commit", .commit), ("parse", .parse),
        ("data_row", .dataRow(1)), ("command_complete", .commandComplete), ("commit_complete", .commitComplete),
        ("ready_for_query", .readyForQuery),
    ]

    private let trigger: WireRule.Trigger
    private let action: WireRule.Action
    private let filter: WireFilter
    private let every: Int
    private let probability: Double
    private let once: Bool

    init(_ values: ToxicAttributes) {
        func named(_ name: String) -> String? {
            let text = values.text(name)
            return text.isEmpty ? nil : text
        }
        var trigger = PostgresToxic.triggers.first { $0.name == values.text("on") }?.trigger ?? .statement
        if case .dataRow = trigger { trigger = .dataRow(Int(values.whole("row"))) }
        let action: WireRule.Action =
            switch values.text("do") {
            case "cut": .cut(reset: false)
            case "reset": .cut(reset: true)
            case "error": .error(sqlState: values.text("sqlstate"), message: values.text("message"))
            case "swallow": .swallow
            default: .delay(Int64(values.level("delay").most * 1_000_000))
            }
        let transaction: WireFilter.Transaction =
            switch values.text("transaction") {
            case "idle": .idle
            case "in_transaction": .inTransaction
            case "failed": .failed
            default: .any
            }
        self.trigger = trigger
        self.action = action
        filter = WireFilter(
            user: named("user"), database: named("database"), application: named("application"),
            transaction: transaction, statementPattern: named("statement"))
        every = Int(values.whole("every"))
        probability = values.level("probability").most
        once = values.flag("once")
    }

    func wireRule(named name: String) throws(ProxyFailure) -> WireRule? {
        do throws(WireRuleProblem) {
            return try WireRule(
                name: name, trigger: trigger, action: action, filter: filter, every: every, probability: probability,
                once: once)
        } catch {
            throw ProxyFailure(error.description)
        }
    }

    func make(_ context: ToxicContext) -> any Toxic { self }

    func pass(_ bytes: Bytes, at now: Moment, to next: inout ToxicOutput) { next.pass(bytes, at: now) }
}
