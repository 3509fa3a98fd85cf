/// A message on its way, as rules see it.
struct Occasion {
    /// One reason for rules to act.
    struct Event {
        let trigger: WireRule.Trigger
        /// What the message is about; nil when there is no statement or it isn't known.
        var script: SQLScript?
        /// The statement of the script, when the message is about one.
        var statement: Int?

        func isAbout(_ pattern: TextPattern) -> Bool {
            guard let script else { return false }
            if let statement {
                // A script longer than what is looked at has results of statements that weren't seen.
                guard script.statements.indices.contains(statement) else { return false }
                return pattern.matches(script.statements[statement].text)
            }
            return pattern.matches(script.text) || script.statements.contains { pattern.matches($0.text) }
        }
    }

    /// More than one for some messages: a COMMIT is a statement, too.
    let events: [Event]
    let session: WireSession
    let status: TransactionStatus?
}
