import Testing

@testable import SyscallRules

@Suite struct InvocationsTests {
    /// The combinations that strace(1) lists.
    @Test(arguments: [
        ("3", [3]), ("3+", [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), ("3+2", [3, 5, 7, 9, 11]), ("1+", Array(1...12)),
        ("3..5", [3, 4, 5]), ("3..9+2", [3, 5, 7, 9]), ("3..8+2", [3, 5, 7]), ("3..5+", [3, 4, 5]), ("1..1", [1]),
        ("12+65535", [12]),
    ])
    func namesTheseCalls(_ text: String, _ numbers: [UInt64]) throws {
        let invocations = try Invocations(text)
        #expect((0...12).filter { invocations.contains($0) } == numbers)
        // What it prints means the same.
        #expect(try Invocations(invocations.description) == invocations)
    }

    @Test func everyCallIsTheDefault() {
        #expect((1...100).allSatisfy { Invocations.all.contains($0) })
        #expect(Invocations.all.contains(.max))
    }

    @Test(arguments: [
        "", "0", "+", "+2", "..", "..5", "3..", "3+0", "3++2", "3+2+1", "x", "3x", "-3", "65536", "1..65535", "1+65536",
        "3 + 2", "3..0", "99999999999999999999",
    ])
    func refuses(_ text: String) {
        #expect(throws: SyscallRuleError.Problem.badWhen(text)) { try Invocations(text) }
    }

    @Test func refusesAnEndBeforeTheStart() {
        #expect(throws: SyscallRuleError.Problem.endBeforeStart("5..3")) { try Invocations("5..3") }
    }
}
