import PostgresWire
import Testing

/// Which rules can be made, and what errors look like.
@Suite struct WireRuleTests {
    @Test(arguments: ["40001", "57P01", "00000", "ZZZZZ"]) func sqlStates(text: String) {
        #expect(ErrorResponse.isSQLState(text))
    }

    @Test(arguments: ["", "4000", "400011", "4000a", "40 01", "４0001", "4000é"]) func otherTexts(text: String) {
        #expect(!ErrorResponse.isSQLState(text))
        #expect(throws: WireRuleProblem.badSQLState(text)) {
            try rule(.statement, .error(sqlState: text, message: ""))
        }
    }

    @Test func errorResponseBytes() {
        let response = ErrorResponse(severity: .fatal, sqlState: "57P01", message: "by\u{0}e")
        #expect(response.bytes == Array("E\0\0\0\u{1f}SFATAL\0VFATAL\0C57P01\0Mbye\0\0".utf8))
    }

    @Test(
        arguments: [
            (.dataRow(0), .swallow, .badRow(0)), (.statement, .delay(-1), .badDelay(-1)),
            (.statement, .delay(.max), .badDelay(.max)),
            (.readyForQuery, .serializationFailure, .errorFromServer(.readyForQuery)),
            (.commitComplete, .serializationFailure, .errorFromServer(.commitComplete)),
            (.statement, .error(sqlState: "40001", message: "a\0b"), .zeroByte),
        ] as [(WireRule.Trigger, WireRule.Action, WireRuleProblem)])
    func impossibleActions(trigger: WireRule.Trigger, action: WireRule.Action, problem: WireRuleProblem) {
        #expect(throws: problem) { try rule(trigger, action) }
    }

    @Test func impossibleCounts() {
        #expect(throws: WireRuleProblem.noName) { try rule(.statement, .swallow, name: "") }
        #expect(throws: WireRuleProblem.badEvery(0)) { try rule(.statement, .swallow, every: 0) }
        #expect(throws: WireRuleProblem.badProbability(1.1)) { try rule(.statement, .swallow, probability: 1.1) }
        #expect(throws: WireRuleProblem.self) { try rule(.statement, .swallow, probability: .nan) }
    }

    @Test func failedTransactionsFailByThemselves() throws {
        let filter = WireFilter(transaction: .failed)
        #expect(throws: WireRuleProblem.errorInFailedTransaction) {
            try rule(.statement, .serializationFailure, filter: filter)
        }
        _ = try rule(.statement, .error(sqlState: "57P01", message: "bye"), filter: filter)
    }

    @Test func problemsAreDescribed() {
        #expect("\(WireRuleProblem.badSQLState("x"))".contains("40001"))
        #expect("\(WireRuleProblem.errorFromServer(.dataRow(3)))".contains("dataRow(3)"))
    }
}
