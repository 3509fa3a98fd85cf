import Foundation
import Testing

@testable import Squeeze

struct SqueezeCurveTests {
    private func step(_ value: Double, _ burden: Double) -> SqueezeStep {
        SqueezeStep(
            number: 1, unit: .count, Trial(value: value, purpose: .bracket, approach: .descending),
            TrialOutcome(holds: burden < 1, burden: burden), counts: true)
    }

    @Test func violatorsArePooled() {
        #expect(IsotonicFit(falling: [5, 3, 4, 1], weights: [1, 1, 1, 1]).values == [5, 3.5, 3.5, 1])
        #expect(IsotonicFit(falling: [1, 2, 3], weights: [1, 1, 2]).values == [2.25, 2.25, 2.25])
        #expect(IsotonicFit(falling: [], weights: []).values.isEmpty)
    }

    @Test func theKneeIsWhereTheBurdenBegins() throws {
        let curve = SqueezeCurve([
            step(50, 3), step(60, 0.9), step(70, 0.4), step(80, 0.05), step(100, 0), step(90, 0.1),
        ])
        let knee = try #require(curve.knee())
        // The bump at 90 is less than what counts as paying.
        #expect(knee.low == 70 && knee.high == 80)
        #expect(knee.value > 70 && knee.value < 80)
    }

    /// A failure far above the brink was the price of a steep drop.
    @Test func aFailureAboveTheBrinkIsNoKnee() throws {
        let curve = SqueezeCurve([step(50, 3), step(60, 0.1), step(70, 0), step(80, 4), step(100, 0)])
        #expect(try #require(curve.knee(brink: 60)).high == 60)
        #expect(try #require(curve.knee(brink: 60)).low == 50)
    }

    @Test func withoutPayingThereIsNoKnee() {
        #expect(SqueezeCurve([step(50, 0), step(100, 0.1)]).knee() == nil)
        #expect(SqueezeCurve([step(50, 3), step(100, 2)]).knee() == nil)
        #expect(SqueezeCurve([]).knee() == nil)
    }

    @Test func aResultSurvivesJSON() throws {
        let target = SimulatedTarget(brink: 400, usage: 1000)
        let result = target.play(SqueezeSettings(floor: 1, ceiling: 5000, granularity: 1, unit: .count), seed: 1).result
        let data = try JSONEncoder().encode(result)
        #expect(try JSONDecoder().decode(SqueezeResult.self, from: data) == result)
        #expect(result.format == 1)
    }
}
