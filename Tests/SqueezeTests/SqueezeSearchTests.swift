import SeededRandom
import Testing

@testable import Squeeze

/// The search against targets whose brink is known.
struct SqueezeSearchTests {
    private static let mebibyte = 1_048_576.0

    private var settings: SqueezeSettings {
        SqueezeSettings(floor: 4 * Self.mebibyte, ceiling: 4096 * Self.mebibyte, granularity: 4096, unit: .bytes)
    }

    /// Targets with brinks anywhere between the floor and what they use.
    private func targets(_ count: Int) -> [SimulatedTarget] {
        var random = SeededGenerator(seed: 7)
        return (0..<count).map { _ in
            let usage = Double.random(in: 100...1000, using: &random) * Self.mebibyte
            return SimulatedTarget(brink: usage * Double.random(in: 0.1...0.95, using: &random), usage: usage)
        }
    }

    /// Plays all targets and gives the errors of the answers as shares of the brink, with the most steps needed.
    private func errors(
        of targets: [SimulatedTarget], _ settings: SqueezeSettings
    ) -> (found: Int, errors: [Double], covered: Int, steps: [Int]) {
        var errors: [Double] = []
        var steps: [Int] = []
        var covered = 0
        for (index, target) in targets.enumerated() {
            let result = target.play(settings, seed: UInt64(index)).result
            steps.append(result.steps.count)
            guard result.outcome == .found, let brink = result.brink else { continue }
            errors.append(abs(brink.value - target.brink) / target.brink)
            if (brink.low...brink.high).contains(target.brink) { covered += 1 }
        }
        return (errors.count, errors.sorted(), covered, steps.sorted())
    }

    private func report(_ name: String, _ course: (found: Int, errors: [Double], covered: Int, steps: [Int])) {
        let percent = { (share: Double) in "\((share * 10000).rounded() / 100) %" }
        let middle = course.steps.count / 2
        print(
            "squeeze \(name): \(course.found) found, \(course.covered) within the interval, error median",
            percent(course.errors[course.errors.count / 2]), "most \(percent(course.errors.last ?? 1));",
            "steps median \(course.steps[middle]), most \(course.steps.last ?? 0)")
    }

    @Test func aStepIsFoundWithinTwoPercent() {
        let course = errors(of: targets(40), settings)
        #expect(course.found == 40)
        #expect(course.covered == 40)
        #expect((course.errors.last ?? 1) <= 0.02)
        #expect((course.steps.last ?? 99) <= 25)
        report("step function", course)
    }

    /// Near the brink every answer is a coin's; far from it one in twenty is wrong.
    @Test func noiseCostsStepsNotTheAnswer() {
        var noisy = targets(40)
        for index in noisy.indices {
            noisy[index].blur = 0.01
            noisy[index].lapse = 0.05
        }
        let course = errors(of: noisy, settings)
        report("noisy", course)
        #expect(course.found >= 38)
        // What is stated with 95 % must hold in at least as many, less what 40 draws may miss by chance.
        #expect(course.covered >= course.found * 9 / 10)
        #expect(course.errors[course.errors.count * 9 / 10] <= 0.03)
    }

    /// After a recovery it holds with 10 % less for one window: the naive answer would be 10 % too low.
    @Test func whatHoldsOnlyJustAfterARecoveryIsNotTheBrink() {
        var forgetful = targets(24)
        for index in forgetful.indices { forgetful[index].credit = 0.1 }
        let course = errors(of: forgetful, settings)
        report("credit", course)
        #expect(course.found == 24)
        #expect(course.errors[course.errors.count * 9 / 10] <= 0.03)
        let levels = forgetful.indices.flatMap { forgetful[$0].play(settings, seed: UInt64($0)).result.levels }
        #expect(levels.contains { $0.hasHysteresis })
    }

    /// A steep drop costs for a window what has nothing to do with where it ends.
    @Test func whatFailsOnlyJustAfterADropIsNotTheBrink() {
        var startled = targets(24)
        for index in startled.indices { startled[index].shock = 0.1 }
        let course = errors(of: startled, settings)
        report("shock", course)
        #expect(course.found == 24)
        #expect((course.errors.last ?? 1) <= 0.02)
    }

    @Test func aFailureThatWasNoneIsOvercome() throws {
        // Twice in a row, and looked at twice each time, it fails at 70 % of its use, and never again.
        let target = SimulatedTarget(
            brink: 200 * Self.mebibyte, usage: 1000 * Self.mebibyte,
            glitch: (600 * Self.mebibyte)...(800 * Self.mebibyte), glitchLasts: 4)
        let course = target.play(settings, seed: 1)
        let brink = try #require(course.result.brink)
        #expect(course.result.outcome == .found)
        #expect(abs(brink.value - target.brink) / target.brink <= 0.02, "\(brink)")
        // A single one costs hardly anything.
        var single = target
        single.glitchLasts = 2
        #expect(single.play(settings, seed: 1).result.steps.count < course.result.steps.count)
    }

    @Test func aTargetThatNeverFailsIsSaidSo() {
        let target = SimulatedTarget(brink: 1, usage: 500 * Self.mebibyte)
        let result = target.play(settings, seed: 1).result
        #expect(result.outcome == .neverFailed)
        #expect(result.brink == nil)
        #expect(result.held == settings.floor)
        #expect((result.recommended ?? 0) > settings.floor)
    }

    @Test func aTargetThatAlwaysFailsEndsAtTheCeiling() {
        let target = SimulatedTarget(brink: 1e15, usage: 500 * Self.mebibyte)
        let result = target.play(settings, seed: 1).result
        #expect(result.outcome == .failsAtCeiling)
        #expect(result.brink == nil && result.recommended == nil)
    }

    /// An average of 20 % of a CPU may need a whole one in its peaks: the search goes up as well.
    @Test func aBrinkAboveTheUsageIsFound() throws {
        let target = SimulatedTarget(brink: 0.83, usage: 0.2)
        let result = target.play(SqueezeSettings(floor: 0.02, ceiling: 4, granularity: 0.01, unit: .cpus), seed: 3)
            .result
        #expect(result.outcome == .found)
        #expect(abs(try #require(result.brink).value - 0.83) <= 0.02)
    }

    /// Twenty descriptors hold, nineteen do not: two per cent of that is less than one.
    @Test func wholeNumbersAreFoundExactly() throws {
        for brink in 2...40 {
            let target = SimulatedTarget(brink: Double(brink), usage: 64)
            let result = target.play(SqueezeSettings(floor: 1, ceiling: 1024, granularity: 1, unit: .count), seed: 3)
                .result
            #expect(result.outcome == .found, "\(brink)")
            #expect(result.held == Double(brink), "\(brink)")
            #expect(result.failed == Double(brink - 1), "\(brink)")
            #expect(try #require(result.brink).high == Double(brink), "\(brink)")
        }
    }

    @Test func noRecoveryEndsTheSearch() {
        var target = SimulatedTarget(brink: 300 * Self.mebibyte, usage: 1000 * Self.mebibyte)
        target.drainsToRecover = 2
        let course = target.play(settings, seed: 1)
        #expect(course.result.outcome == .noRecovery)
        #expect(course.drains == 2)
        #expect(course.result.recommended == nil)
    }

    @Test func anObjectiveThatNeverHoldsIsNotSqueezed() {
        var search = SqueezeSearch(settings)
        var action = search.handle(.begin, at: .zero)
        var values: [Double?] = []
        while case .measure(let trial) = action {
            values.append(trial.value)
            action = search.handle(.measured(TrialOutcome(holds: false, usage: 1e9)), at: .zero)
        }
        #expect(search.outcome == .objectiveNeverHeld)
        #expect(values == [nil, nil])
    }

    @Test func windowsThatCannotBeJudgedEndTheSearch() {
        var search = SqueezeSearch(settings)
        var action = search.handle(.begin, at: .zero)
        var limited = 0
        while action != .finish {
            switch action {
            case .measure(let trial):
                if trial.value != nil { limited += 1 }
                let outcome = TrialOutcome(holds: trial.value == nil ? true : nil, usage: 1e9)
                action = search.handle(.measured(outcome), at: .zero)
            default: action = search.handle(.drained(hasRecovered: true, seconds: 1), at: .zero)
            }
        }
        #expect(search.outcome == .unmeasured)
        #expect(limited == 3)
    }

    @Test func timeEndsTheSearch() {
        var short = settings
        short.longestSeconds = 60
        let target = SimulatedTarget(brink: 300 * Self.mebibyte, usage: 1000 * Self.mebibyte)
        let course = target.play(short, seed: 1)
        #expect(course.result.outcome == .outOfPatience)
        #expect(course.seconds < 80)
    }

    @Test func everyFailureIsFollowedByADrain() {
        for (index, target) in targets(20).enumerated() {
            let steps = target.play(settings, seed: UInt64(index)).result.steps
            for (step, following) in zip(steps, steps.dropFirst()) where step.holds == false && step.counts {
                #expect(step.drainSeconds != nil)
                #expect(following.approach == .recovered)
            }
        }
    }

    @Test func theWallIsTheGreatestValueItWasMetAt() throws {
        let target = SimulatedTarget(
            brink: 400 * Self.mebibyte, usage: 1000 * Self.mebibyte, wall: 380 * Self.mebibyte)
        let result = target.play(settings, seed: 1).result
        let wall = try #require(result.wall)
        #expect(wall.sign == "OOM kill")
        #expect(wall.value <= 380 * Self.mebibyte && wall.value < (result.brink?.value ?? 0))
    }

    @Test func theRecommendationLeavesRoom() throws {
        let target = SimulatedTarget(brink: 400 * Self.mebibyte, usage: 1000 * Self.mebibyte)
        let result = target.play(settings, seed: 1).result
        let brink = try #require(result.brink)
        let recommended = try #require(result.recommended)
        #expect(recommended >= brink.high * 1.2)
        #expect(recommended.truncatingRemainder(dividingBy: 4096) == 0)
        #expect((brink.confidence ?? 0) >= 0.95)
    }
}
