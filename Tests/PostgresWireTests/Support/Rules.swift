import PostgresWire

/// Rules of the tests' kind, all named `r` if nothing else is said.
func rule(
    _ trigger: WireRule.Trigger, _ action: WireRule.Action, name: String = "r", filter: WireFilter = WireFilter(),
    every: Int = 1, probability: Double = 1, once: Bool = false
) throws -> WireRule {
    try WireRule(
        name: name, trigger: trigger, action: action, filter: filter, every: every, probability: probability,
        once: once)
}

extension WireRule.Action {
    static let serializationFailure = WireRule.Action.error(sqlState: "40001", message: "no")
}
