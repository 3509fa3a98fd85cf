import SeededRandom
import Testing

@testable import Faults

/// The controller against targets whose stall is a known function of their limit.
@Suite struct PressureControllerTests {
    struct Target: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let bytes: UInt64
        /// Share of time stalled at a limit in MB, given a number from 0 to 1 that is drawn anew for each step.
        let stall: @Sendable (Double, Double) -> Double
    }

    private static let targets = [
        // What perl in a test VM does: memory.high throttles it to the same share, wherever the limit is.
        Target(testDescription: "saturating", bytes: 31_000_000) { limit, chance in
            let share = limit < 13.5 ? 0.38 + (13.5 - limit) * 0.3 : min(0.38, 0.38 * (29.5 - limit) / 5.5)
            return share <= 0 ? 0 : share + (chance - 0.5) * 0.1
        },
        Target(testDescription: "steep", bytes: 105_000_000) { limit, chance in
            (100 - limit) * 0.09 + (chance - 0.5) * 0.2
        },
        Target(testDescription: "gentle", bytes: 200_000_000) { limit, chance in
            200 / (limit * limit / 10 + 200) + (chance - 0.5) * 0.05
        },
    ]

    @Test(arguments: targets, [0.1, 0.3])
    func holdsWhatWasAskedFor(_ target: Target, _ goal: Double) {
        for seed in UInt64(1)...20 {
            let averages = Self.averages(of: target, seed: seed) { limit, stalled, average, current in
                limit.step(stalled: stalled, average: average, current: current)
            } from: {
                PressureController(goal: goal, limit: target.bytes)
            }
            let median = averages.sorted()[averages.count / 2]
            #expect(abs(median - goal) < 0.04, "seed \(seed)")
            let inBand = averages.filter { abs($0 - goal) <= 0.05 }.count
            #expect(Double(inBand) / Double(averages.count) > 0.8, "seed \(seed)")
        }
    }

    /// The targets can tell a controller from none.
    @Test(arguments: targets) func aLimitThatStaysHoldsNothing(_ target: Target) {
        let averages = Self.averages(of: target, seed: 1) { _, _, _, _ in
        } from: {
            PressureController(goal: 0.3, limit: target.bytes)
        }
        #expect(abs(averages.sorted()[averages.count / 2] - 0.3) > 0.1)
    }

    /// The kernel's avg10 from the 30th to the 63rd second, as psi.rst defines it: 2 s periods, weighted exponentially.
    private static func averages(
        of target: Target, seed: UInt64,
        step: (inout PressureController, Double, Double, UInt64) -> Void, from start: () -> PressureController
    ) -> [Double] {
        var chance = SeededGenerator(seed: seed)
        var controller = start()
        var average = 0.0
        var period: [Double] = []
        var seen: [Double] = []
        for index in 0..<126 {
            let stalled = min(
                max(target.stall(Double(controller.limit) / 1e6, Double.random(in: 0..<1, using: &chance)), 0), 1)
            period.append(stalled)
            if period.count == 4 {
                let weight = 0.8187  // e^(-2 s / 10 s)
                average = average * weight + period.reduce(0, +) / 4 * (1 - weight)
                period = []
            }
            let used = min(controller.limit, target.bytes)
            // Some readings catch the target after it has freed half of its memory.
            step(&controller, stalled, average, Double.random(in: 0..<1, using: &chance) < 0.3 ? used / 2 : used)
            if index >= 60 { seen.append(average) }
        }
        return seen
    }
}
