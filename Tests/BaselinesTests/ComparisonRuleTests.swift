import Baselines
import Testing

@Suite struct ComparisonRuleTests {
    private let steady = [1.00, 1.01, 0.99, 1.02, 0.98, 1.00, 1.01, 0.99, 1.00, 1.00]

    @Test func aSlowdownIsSlowerAndASpeedupFaster() throws {
        #expect(try verdict(steady, steady.map { $0 * 1.3 }) == .slower)
        #expect(try verdict(steady, steady.map { $0 * 0.7 }) == .faster)
        #expect(try verdict(steady, steady.map { $0 * 0.7 }, .higherIsBetter) == .slower)
        #expect(try verdict(steady, steady.reversed()) == .same)
    }

    /// Significant, but nobody would notice.
    @Test func whatIsBelowTheFloorIsNoSlowdown() throws {
        let compared = try compare(steady, steady.map { $0 * 1.05 })
        #expect(compared.pValue < 0.001)
        #expect(compared.verdict == .same)
        #expect(try verdict(steady, steady.map { $0 * 1.05 }, floor: 0.02) == .slower)
    }

    @Test func noiseThatWasMeasuredRaisesTheFloor() throws {
        let slower = RunFigures(metric: "m", values: steady.map { $0 * 1.15 })
        let quiet = RunFigures(metric: "m", values: steady)
        #expect(ComparisonRule().compare([quiet], with: [slower]).first?.verdict == .slower)
        let noisy = RunFigures(metric: "m", values: steady, noise: 0.25)
        #expect(ComparisonRule().compare([noisy], with: [slower]).first?.verdict == .same)
        // Whichever of the two collections it was measured with.
        let noisySlower = RunFigures(metric: "m", values: slower.values, noise: 0.25)
        #expect(ComparisonRule().compare([quiet], with: [noisySlower]).first?.verdict == .same)
    }

    /// A microsecond more of two is half as much again, and nothing that a clock of 100 µs can tell.
    @Test func whatIsBelowTheResolutionIsNoSlowdown() throws {
        let old = RunFigures(metric: "m", values: steady.map { $0 * 2e-6 }, resolution: 100e-6)
        let new = RunFigures(metric: "m", values: steady.map { $0 * 3e-6 })
        #expect(ComparisonRule().compare([old], with: [new]).first?.verdict == .same)
    }

    @Test func moreRunsAreAskedForWherePowerIsMissing() throws {
        let noisy = [1.0, 1.4, 0.7, 1.2, 0.8, 1.3, 0.9, 1.1, 0.6, 1.0]
        let compared = try compare(noisy, noisy.map { $0 * 1.15 })
        #expect(compared.verdict == .cannotTell)
        let more = try #require(compared.moreRunsNeeded)
        #expect(more > 20)
        // So many runs of the same kind do tell.
        let times = (more + 10) / 10 + 1
        let many = Array(repeating: noisy, count: times).flatMap { $0 }
        #expect(try verdict(many, many.map { $0 * 1.15 }) == .slower)
    }

    @Test func aDifferenceAtTheFloorIsSettledByNoNumberOfRuns() throws {
        let noisy = [1.0, 1.4, 0.7, 1.2, 0.8, 1.3, 0.9, 1.1, 0.6, 1.0]
        let compared = try compare(noisy, noisy.map { $0 * 1.0995 })
        #expect(compared.verdict == .cannotTell)
        #expect(compared.moreRunsNeeded == nil)
    }

    @Test func aFigureThatNeverVariesIsCompared() throws {
        #expect(try verdict([8, 8, 8], [8, 8, 8]) == .same)
        #expect(try verdict([8, 8, 8], [16, 16, 16]) == .slower)
        #expect(try verdict([0, 0, 0], [0, 0, 0]) == .same)
    }

    @Test func onlyWhatBothHaveIsCompared() {
        let old = [RunFigures(metric: "a", values: [1, 2]), RunFigures(metric: "b", values: [1])]
        let new = [RunFigures(metric: "b", values: [1, 2]), RunFigures(metric: "c", values: [1, 2])]
        #expect(ComparisonRule().compare(old, with: new).isEmpty)
        #expect(ComparisonRule().compare(old, with: [RunFigures(metric: "a", values: [1])]).map(\.metric) == ["a"])
    }

    @Test func reproducibilityIsTheSpreadOfWholeCollections() throws {
        let two = try #require(Reproducibility([1.00, 1.04]))
        #expect(abs(two.relativeSpread - 0.04 / 1.02) < 1e-12)
        #expect(two.predictedDifference == nil)
        #expect(two.noise == two.relativeSpread)
        let five = try #require(Reproducibility([1.00, 1.04, 0.98, 1.01, 0.97]))
        #expect(five.noise > five.relativeSpread)
        #expect(Reproducibility([1]) == nil)
        #expect(Reproducibility([0, 0]) == nil)
    }

    private func verdict(
        _ old: [Double], _ new: [Double], _ direction: Direction = .lowerIsBetter, floor: Double = 0.1
    ) throws -> ComparisonVerdict {
        try compare(old, new, direction, floor: floor).verdict
    }

    private func compare(
        _ old: [Double], _ new: [Double], _ direction: Direction = .lowerIsBetter, floor: Double = 0.1
    ) throws -> MetricComparison {
        let compared = ComparisonRule(practicalFloor: floor).compare(
            [RunFigures(metric: "m", values: old, direction: direction)],
            with: [RunFigures(metric: "m", values: new)])
        return try #require(compared.first)
    }
}
