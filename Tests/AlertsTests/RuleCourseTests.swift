@testable import Alerts
import Scenarios
import SeededRandom
import Testing

/// Each kind of rule on values that are known: it fires when it should, and keeps quiet when it should.
struct RuleCourseTests {
    /// When it fired and ceased, over a course of values at 10 Hz.
    private func changes(
        _ rule: AlertRule, _ metric: String, undisturbed: ClosedRange<Double> = 0...0, seconds: Double,
        _ value: (Double) -> Double?
    ) -> [(fired: Bool, at: Double)] {
        var course = RuleCourse(rule)
        var found: [(fired: Bool, at: Double)] = []
        for tick in 0..<Int(seconds * 10) {
            let time = Double(tick) / 10
            let values = value(time).map { [metric: $0] } ?? [:]
            switch course.take(values, at: time, isUndisturbed: undisturbed.contains(time)) {
            case .fired: found.append((true, time))
            case .resolved: found.append((false, time))
            case nil: continue
            }
        }
        return found
    }

    private func threshold(_ limit: Double, for time: Duration) -> AlertRule {
        let condition = Condition(
            expression: .comparison(.metric("errors.rate"), .greater, limit), sustained: .zero,
            text: "errors.rate > 0.05")
        return AlertRule("errors", .threshold(condition), sustained: time)
    }

    @Test func aThresholdMustHoldForItsTime() {
        let rule = threshold(0.05, for: .seconds(1))
        let found = changes(rule, "errors.rate", seconds: 20) { time in
            // Half a second above is nothing; two seconds are.
            (5..<5.5).contains(time) || (10..<12).contains(time) ? 0.5 : 0
        }
        #expect(found.map(\.fired) == [true, false])
        #expect(abs(found[0].at - 11) < 0.15 && abs(found[1].at - 12) < 0.15)
    }

    @Test func aValueThatIsMissingHoldsNothing() {
        let found = changes(threshold(0.05, for: .seconds(1)), "errors.rate", seconds: 10) { time in
            // Once in a while there is none: that breaks the row.
            Int((time * 10).rounded()) % 5 == 0 ? nil : 0.5
        }
        #expect(found.isEmpty)
    }

    private let burn = AlertRule(
        "budget",
        .burn(
            AlertRule.BurnRate(
                metric: "errors.rate", objective: 0.99, factor: 10, long: .seconds(5), short: .seconds(1))))

    @Test func aBudgetThatBurnsIsToldOfAndABlipIsNot() {
        let outage = changes(burn, "errors.rate", seconds: 30) { (10..<15).contains($0) ? 1 : 0 }
        #expect(outage.map(\.fired) == [true, false])
        // A tenth of the long stretch is bad after half a second; the short one is clean a second after the end.
        #expect(outage[0].at > 10.3 && outage[0].at < 11, "\(outage)")
        #expect(outage[1].at > 15 && outage[1].at < 16.2, "\(outage)")
        #expect(changes(burn, "errors.rate", seconds: 30) { (10..<10.3).contains($0) ? 1 : 0 }.isEmpty)
        // Within the objective for ever.
        #expect(changes(burn, "errors.rate", seconds: 30) { _ in 0.01 }.isEmpty)
    }

    @Test func theFirstSecondsAreNoWholeStretch() {
        #expect(changes(burn, "errors.rate", seconds: 20) { $0 < 0.3 ? 1 : 0 }.isEmpty)
    }

    @Test func whatGrows() {
        let rule = AlertRule("leak", .rise(metric: "app.memory.current", over: .seconds(5), perSecond: 1000))
        let found = changes(rule, "app.memory.current", seconds: 40) {
            $0 < 20 ? 5e6 + 900 * $0 : 5e6 + 18000 + 5000 * ($0 - 20)
        }
        #expect(found.count == 1 && found[0].fired)
        #expect(found[0].at > 20 && found[0].at < 22, "\(found)")
    }

    private func step(up: Bool, floor: Double, share: Double = 0) -> AlertRule {
        AlertRule(
            "step",
            .change(AlertRule.ChangePoint(metric: "m", direction: up ? .up : .down, floor: floor, share: share)))
    }

    /// A step of two units is told of within a second at 10 Hz; noise within the usual is not, whatever the seed.
    @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func aStepInNoise(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        print("seed \(seed)")
        let noise = (0..<6000).map { _ in Double.random(in: -0.02...0.02, using: &generator) }
        let value = { (time: Double) in 0.1 + noise[Int((time * 10).rounded())] }
        let rule = step(up: true, floor: 0.05)
        #expect(changes(rule, "m", undisturbed: 0...10, seconds: 600, value).isEmpty)
        let found = changes(rule, "m", undisturbed: 0...10, seconds: 60) { time in
            value(time) + ((30..<40).contains(time) ? 0.1 : 0)
        }
        #expect(found.map(\.fired) == [true, false], "\(found)")
        #expect(found[0].at >= 30 && found[0].at < 31, "\(found)")
        #expect(found[1].at >= 40 && found[1].at < 42, "\(found)")
    }

    @Test func whatGoesDown() {
        let rule = step(up: false, floor: 1, share: 0.5)
        let found = changes(rule, "m", undisturbed: 0...5, seconds: 30) { (10..<20).contains($0) ? 0 : 8 }
        #expect(found.map(\.fired) == [true, false])
        // A third less is not half less.
        #expect(changes(rule, "m", undisturbed: 0...5, seconds: 30) { $0 < 10 ? 8 : 6.5 }.isEmpty)
    }

    @Test func oneLateAnswerIsNoChange() {
        let found = changes(step(up: true, floor: 0.1), "m", undisturbed: 0...5, seconds: 30) {
            abs($0 - 20) < 0.01 ? 60 : 0.02
        }
        #expect(found.isEmpty)
    }
}
