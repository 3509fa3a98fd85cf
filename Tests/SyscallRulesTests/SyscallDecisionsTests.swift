import Testing

@testable import SyscallRules

@Suite struct SyscallDecisionsTests {
    private let fsync: Int32
    private let write: Int32

    init() throws {
        fsync = try Syscall(named: "fsync").number
        write = try Syscall(named: "write").number
    }

    private func failing(_ decisions: inout SyscallDecisions, _ calls: Int, thread: Int32 = 10) -> [Int] {
        (1...calls).filter { _ in
            decisions.decide(target: "db", number: fsync, thread: thread).outcome != .proceed
        }
    }

    @Test func withoutRulesEveryCallGoesOn() {
        var decisions = SyscallDecisions()
        #expect(decisions.isIdle)
        #expect(decisions.decide(target: "db", number: fsync, thread: 1) == .proceed)
        #expect(decisions.counts(of: "f") == nil)
    }

    @Test func hitsJustTheCallsThatWhenNames() throws {
        var decisions = SyscallDecisions()
        decisions.switchOn(try SyscallRules("fsync:error=EIO:when=3+2"), id: "f", target: "db")
        #expect(failing(&decisions, 10) == [3, 5, 7, 9])
        #expect(decisions.counts(of: "f") == SyscallCounts(seen: 10, injected: 4))
    }

    /// strace(1): "Accounting of syscalls that are subject to injection is done per syscall and per tracee."
    @Test func countsEveryThreadAndEveryCallOnItsOwn() throws {
        var decisions = SyscallDecisions()
        decisions.switchOn(try SyscallRules("fsync,write:error=EIO:when=2"), id: "f", target: "db")
        #expect(failing(&decisions, 3, thread: 1) == [2])
        #expect(failing(&decisions, 3, thread: 2) == [2])
        #expect(decisions.decide(target: "db", number: write, thread: 1) == .proceed)
        #expect(decisions.decide(target: "db", number: write, thread: 1).outcome == .fail(try ErrorNumber("EIO")))
        #expect(decisions.counts(of: "f") == SyscallCounts(seen: 8, injected: 3))
    }

    @Test func otherCallsAndOtherTargetsAreNeitherCountedNorHit() throws {
        var decisions = SyscallDecisions()
        decisions.switchOn(try SyscallRules("fsync:error=EIO"), id: "f", target: "db")
        #expect(decisions.decide(target: "app", number: fsync, thread: 1) == .proceed)
        #expect(decisions.decide(target: "db", number: write, thread: 1) == .proceed)
        #expect(decisions.counts(of: "f") == SyscallCounts())
    }

    @Test func theFirstRuleThatFitsDecides() throws {
        var decisions = SyscallDecisions()
        decisions.switchOn(
            try SyscallRules("fsync:error=EIO:when=1; fsync:retval=7:when=1..2; fsync:delay_enter=1ms"), id: "f",
            target: "db")
        let answers = (1...3).map { _ in decisions.decide(target: "db", number: fsync, thread: 1) }
        #expect(answers.map(\.outcome) == [.fail(try ErrorNumber("EIO")), .succeed(returning: 7), .proceed])
        #expect(answers.map(\.delay) == [.zero, .zero, .milliseconds(1)])
        #expect(answers.allSatisfy { $0.source == "f" })
    }

    @Test func whatWentOnFirstDecidesAndAllCount() throws {
        var decisions = SyscallDecisions()
        decisions.switchOn(try SyscallRules("fsync:error=EIO:when=2"), id: "first", target: "db")
        decisions.switchOn(try SyscallRules("fsync:error=ENOSPC"), id: "second", target: "db")
        let answers = (1...3).map { _ in decisions.decide(target: "db", number: fsync, thread: 1).source }
        #expect(answers == ["second", "first", "second"])
        #expect(decisions.counts(of: "first") == SyscallCounts(seen: 3, injected: 1))
        #expect(decisions.counts(of: "second") == SyscallCounts(seen: 3, injected: 2))
    }

    @Test func aDelayMayComeBeforeAnError() throws {
        var decisions = SyscallDecisions()
        decisions.switchOn(try SyscallRules("fsync:error=EIO:delay_enter=3ms"), id: "f", target: "db")
        let answer = decisions.decide(target: "db", number: fsync, thread: 1)
        #expect(answer.delay == .milliseconds(3))
        #expect(answer.outcome == .fail(try ErrorNumber("EIO")))
    }

    @Test func offIsOffAndKeepsItsCounts() throws {
        var decisions = SyscallDecisions()
        decisions.switchOn(try SyscallRules("fsync:error=EIO"), id: "f", target: "db")
        #expect(failing(&decisions, 2) == [1, 2])
        decisions.switchOff("f")
        decisions.switchOff("f")
        decisions.switchOff("never")
        #expect(decisions.isIdle)
        #expect(failing(&decisions, 5) == [])
        #expect(decisions.counts(of: "f") == SyscallCounts(seen: 2, injected: 2))
    }

    @Test func onAgainCountsAnew() throws {
        var decisions = SyscallDecisions()
        let rules = try SyscallRules("fsync:error=EIO:when=2")
        decisions.switchOn(rules, id: "f", target: "db")
        #expect(failing(&decisions, 1) == [])
        decisions.switchOn(rules, id: "f", target: "db")
        #expect(failing(&decisions, 3) == [2])
        #expect(decisions.counts(of: "f") == SyscallCounts(seen: 3, injected: 1))
    }

    @Test func allOffAtOnce() throws {
        var decisions = SyscallDecisions()
        for id in ["a", "b", "c"] {
            decisions.switchOn(try SyscallRules("fsync:error=EIO"), id: id, target: "db")
        }
        decisions.switchAllOff()
        #expect(decisions.isIdle)
        #expect(failing(&decisions, 3) == [])
    }

    @Test func anAnswerThatReachedNobodyDoesNotCount() throws {
        var decisions = SyscallDecisions()
        decisions.switchOn(try SyscallRules("fsync:error=EIO"), id: "f", target: "db")
        let answer = decisions.decide(target: "db", number: fsync, thread: 1)
        decisions.withdraw(answer)
        #expect(decisions.counts(of: "f") == SyscallCounts(seen: 1, injected: 0))
        let second = decisions.decide(target: "db", number: fsync, thread: 1)
        decisions.switchOff("f")
        decisions.withdraw(second)
        #expect(decisions.counts(of: "f") == SyscallCounts(seen: 2, injected: 0))
        decisions.withdraw(.proceed)
    }

    @Test func aThreadThatHasEndedIsForgotten() throws {
        var decisions = SyscallDecisions()
        decisions.switchOn(try SyscallRules("fsync:error=EIO:when=2"), id: "f", target: "db")
        #expect(failing(&decisions, 1, thread: 1) == [])
        #expect(failing(&decisions, 1, thread: 2) == [])
        #expect(decisions.threads == [1, 2])
        decisions.forget([1])
        #expect(decisions.threads == [2])
        #expect(failing(&decisions, 2, thread: 1) == [2])
        #expect(failing(&decisions, 1, thread: 2) == [1])
    }
}
