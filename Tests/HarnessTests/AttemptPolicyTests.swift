import Scenarios
import Testing

@testable import Harness

@Suite struct AttemptPolicyTests {
    private func policy(
        _ category: ScenarioAbout.Category = .stable, pass: String? = nil, repetitions: Int? = nil, retries: Int? = nil,
        rule: String? = nil
    ) -> AttemptPolicy {
        var about = ScenarioAbout()
        about.category = category
        about.pass = pass.flatMap(PassRule.init)
        return AttemptPolicy(about, repetitions: repetitions, retries: retries, rule: rule.flatMap(PassRule.init))
    }

    /// Plays a course of attempts, `1` for one that passes, and gives how many were made and how many of them passed.
    private func made(_ policy: AttemptPolicy, _ course: String) -> [Int] {
        var (made, passed) = (0, 0)
        for mark in course {
            made += 1
            if mark == "1" { passed += 1 }
            if !policy.wantsMore(passed: passed, made: made) { break }
        }
        return [made, passed]
    }

    @Test(arguments: [
        (ScenarioAbout.Category.stable, 1), (.flaky, 2), (.veryFlaky, 3),
    ])
    func aCategoryGivesItsChances(_ category: ScenarioAbout.Category, _ most: Int) {
        let policy = policy(category)
        #expect(policy.most == most && policy.needed == 1)
        #expect(made(policy, "000000")[0] == most)
        #expect(made(policy, "1000")[0] == 1, "one that passed is not tried again")
    }

    @Test func retriesGoBeforeTheCategory() {
        #expect(made(policy(retries: 3), "00000")[0] == 4)
        #expect(made(policy(.veryFlaky, retries: 0), "00000")[0] == 1)
        #expect(made(policy(retries: 3), "00100")[0] == 3)
    }

    @Test func soManyOfSoManyEndsWhenItIsDecided() {
        let policy = policy(rule: "2-of-3")
        #expect(made(policy, "110") == [2, 2])
        #expect(made(policy, "001") == [2, 0], "two that fail leave no chance")
        #expect(made(policy, "010") == [3, 1])
        #expect(made(policy, "101") == [3, 2])
    }

    @Test func repetitionsAreAllMade() {
        let all = policy(.veryFlaky, repetitions: 5)
        #expect(made(all, "0000000")[0] == 5 && all.needed == 5 && all.isRepeated)
        let any = policy(repetitions: 5, rule: "any")
        #expect(made(any, "1111111")[0] == 5 && any.needed == 1)
    }

    @Test func aScenarioSpeaksForItselfUnlessAPersonDoes() {
        #expect(policy(pass: "2-of-3").needed == 2)
        #expect(policy(pass: "2-of-3", rule: "any").needed == 1)
        // It says nothing about five.
        #expect(policy(pass: "2-of-3", repetitions: 5).needed == 5)
        #expect(policy(pass: "any", repetitions: 5).needed == 1)
    }
}
