import Events
import Foundation
import Scenarios
import Testing

@testable import Reports

@Suite("How flaky scenarios are")
struct ObservedFlakinessTests {
    private func flakiness(_ failures: Int, of runs: Int, _ declared: ScenarioAbout.Category = .stable)
        -> ObservedFlakiness
    {
        ObservedFlakiness(scenario: "a", declared: declared, runs: runs, failures: failures)
    }

    /// By hand: Wilson's upper bound without a failure is z²/(n+z²), z = 1.95996.
    @Test("A stable scenario is known to be so after 73 runs without a failure")
    func stable() {
        #expect(flakiness(0, of: 72).finding == .cannotTell)
        #expect(flakiness(0, of: 73).finding == .asDeclared)
        #expect(flakiness(0, of: 0).runsNeeded == 73)
        #expect(flakiness(0, of: 40).runsNeeded == 33)
        #expect(flakiness(0, of: 73).runsNeeded == 0)
    }

    @Test("What fails more often than declared is flakier, once there are runs enough")
    func flakier() throws {
        // By the formula, with z = 1.959964: 0.07571, 0.47589
        let three = flakiness(3, of: 14)
        let (low, high) = (try #require(three.low), try #require(three.high))
        #expect(abs(low - 0.07571) < 1e-5 && abs(high - 0.47589) < 1e-5, "\(low), \(high)")
        #expect(three.finding == .flakier && three.contradictsStable && three.isMarkedFlaky)
        #expect(three.observed == "very-flaky")
        // The same counts are nothing out of the ordinary for one that says so.
        #expect(!flakiness(3, of: 14, .veryFlaky).contradictsStable)
        #expect(flakiness(3, of: 14, .flaky).finding == .cannotTell)
        // A single failure in few runs proves nothing.
        #expect(flakiness(1, of: 4).finding == .cannotTell && !flakiness(1, of: 4).isMarkedFlaky)
    }

    @Test("What never passes is not called flaky")
    func failing() {
        let broken = flakiness(12, of: 12)
        #expect(broken.finding == .failing && !broken.isMarkedFlaky && broken.observed == nil)
    }

    @Test("So many more runs as are said to be needed do tell", arguments: 0...6, [7, 20, 55])
    func needed(_ failures: Int, _ runs: Int) {
        for declared in ScenarioAbout.Category.allCases {
            let before = flakiness(failures, of: runs, declared)
            guard before.finding == .cannotTell, let more = before.runsNeeded else { continue }
            #expect(more > 0)
            let rate = Double(failures) / Double(runs)
            let after = flakiness(Int((rate * Double(runs + more)).rounded()), of: runs + more, declared)
            #expect(after.finding != .cannotTell, "\(failures) of \(runs), \(declared), \(more) more")
        }
    }

    private func record(
        _ scenario: String, _ verdict: Verdict?, attempt: Int = 1, weaknesses: [String] = [], profile: String? = nil
    ) -> RunRecord {
        var record = RunRecord(
            SyntheticRun.start(of: scenario),
            about: RunOrigin(
                domain: nil, category: "flaky", tags: [], attempt: attempt, weaknesses: weaknesses, profile: profile),
            folder: "/f")
        record.verdict = verdict
        return record
    }

    @Test("Only first attempts at a sound service count, each service by itself")
    func counted() throws {
        let records = [
            record("a", .fail), record("a", .pass, attempt: 2), record("a", .pass), record("a", .inconclusive),
            record("a", .fail, weaknesses: ["no-reconnect"]), record("a", nil), record("a", .pass, profile: "shop"),
            record("b", .pass), record("b", .error),
        ]
        let all = ObservedFlakiness.all(records)
        #expect(all.count == 3)
        let first = try #require(all.first)
        #expect(first.scenario == "a" && first.profile == nil)
        #expect(first.runs == 2 && first.failures == 1 && first.unclear == 1 && first.declared == "flaky")
        let shop = try #require(all.first { $0.profile == "shop" })
        #expect(shop.runs == 1 && shop.failures == 0)
    }

    @Test("Words say what is known and what is not")
    func words() {
        #expect(FlakinessWords(flakiness(3, of: 14)).finding == "declared stable, observed very-flaky")
        #expect(FlakinessWords(flakiness(3, of: 14)).warning?.contains("a is declared stable") == true)
        #expect(FlakinessWords(flakiness(0, of: 40)).finding == "declared stable: 33 more runs would tell")
        #expect(FlakinessWords(flakiness(0, of: 80)).finding == "stable, as declared")
        #expect(FlakinessWords(flakiness(0, of: 80)).warning == nil)
        let lines = FlakinessTable([flakiness(3, of: 14)]).lines
        #expect(lines.last?.hasPrefix("a         3 of 14 failed") == true, "\(lines)")
    }
}
