import Statistics
import Testing

/// Tests of significance, their corrections and their power, against SciPy's values.
@Suite struct SignificanceTests {
    private let reference: Reference

    init() throws {
        reference = try Reference.load()
    }

    @Test func signedRankAgrees() throws {
        for one in reference.signedRanks {
            let test = try #require(WilcoxonSignedRank(one.differences))
            #expect(test.positiveRanks == one.positiveRanks)
            #expect(test.isExact == one.isExact)
            #expect(agrees(test.pValue, one.pValue, within: 1e-9), "\(test.pValue), SciPy says \(one.pValue)")
        }
        #expect(WilcoxonSignedRank([0, 0]) == nil)
    }

    @Test func correctionsAgree() {
        for one in reference.corrections {
            #expect(agrees(MultipleComparisons.holm(one.pValues), one.holm))
            #expect(agrees(MultipleComparisons.bonferroni(one.pValues), one.bonferroni))
        }
        #expect(MultipleComparisons.holm([]).isEmpty)
    }

    @Test func powerAgrees() {
        for one in reference.powers {
            let power = DifferencePower(difference: one.x[0], standardDeviation: one.x[1], significance: one.x[2])
            let value = power.power(old: Int(one.x[3]), new: Int(one.x[4]))
            #expect(abs(value - one.y) < 1e-8, "\(one.x): \(value), SciPy says \(one.y)")
        }
    }

    @Test func theRunsNeededAreTheFewestThatDo() throws {
        let power = DifferencePower(difference: 0.1, standardDeviation: 0.08, significance: 0.05)
        let runs = try #require(power.runsNeeded())
        #expect(power.power(old: runs, new: runs) >= 0.8)
        #expect(power.power(old: runs - 1, new: runs - 1) < 0.8)
        let hopeless = DifferencePower(difference: 0.001, standardDeviation: 0.5, significance: 0.05)
        #expect(hopeless.runsNeeded() == nil)
    }
}
