import Statistics
import Testing

/// Special functions and distributions against SciPy's values.
@Suite struct DistributionTests {
    private let reference: Reference

    init() throws {
        reference = try Reference.load()
    }

    @Test(arguments: [
        "incompleteBeta", "incompleteGammaLower", "incompleteGammaUpper", "normalCumulative", "normalSurvival",
        "normalQuantile", "studentTCumulative", "studentTSurvival", "studentTDensity", "studentTQuantile",
        "chiSquaredSurvival", "binomialMass", "binomialCumulative", "binomialSurvival",
    ])
    func agreesWithSciPy(_ name: String) throws {
        let cases = try #require(reference.distributions[name])
        #expect(!cases.isEmpty)
        for one in cases {
            let value = try #require(Self.value(of: name, one.x))
            #expect(
                agrees(value, one.y) || abs(value - one.y) < 1e-300,
                "\(name)(\(one.x)) is \(value), SciPy says \(one.y)")
        }
    }

    /// A sum of many terms: what is left of tails far below its digits is rounding.
    @Test func noncentralTAgreesWithSciPy() throws {
        let cases = try #require(reference.distributions["noncentralTCumulative"])
        for one in cases {
            let distribution = NoncentralTDistribution(degreesOfFreedom: one.x[1], noncentrality: one.x[2])
            let value = distribution.cumulative(one.x[0])
            #expect(abs(value - one.y) < 1e-9, "nct(\(one.x)) is \(value), SciPy says \(one.y)")
        }
    }

    @Test func quantilesUndoTheirDistribution() {
        for probability in stride(from: 0.001, to: 1, by: 0.0371) {
            let normal = NormalDistribution.cumulative(NormalDistribution.quantile(probability))
            #expect(agrees(normal, probability))
            let student = StudentTDistribution(degreesOfFreedom: 9)
            #expect(agrees(student.cumulative(student.quantile(probability)), probability))
        }
    }

    private static func value(of name: String, _ x: [Double]) -> Double? {
        switch name {
        case "incompleteBeta": IncompleteBeta.regularized(x[0], x[1], at: x[2])
        case "incompleteGammaLower": IncompleteGamma.lower(x[0], x[1])
        case "incompleteGammaUpper": IncompleteGamma.upper(x[0], x[1])
        case "normalCumulative": NormalDistribution.cumulative(x[0])
        case "normalSurvival": NormalDistribution.survival(x[0])
        case "normalQuantile": NormalDistribution.quantile(x[0])
        case "studentTCumulative": StudentTDistribution(degreesOfFreedom: x[1]).cumulative(x[0])
        case "studentTSurvival": StudentTDistribution(degreesOfFreedom: x[1]).survival(x[0])
        case "studentTDensity": StudentTDistribution(degreesOfFreedom: x[1]).density(x[0])
        case "studentTQuantile": StudentTDistribution(degreesOfFreedom: x[1]).quantile(x[0])
        case "chiSquaredSurvival": ChiSquaredDistribution(degreesOfFreedom: x[1]).survival(x[0])
        case "binomialMass": BinomialDistribution(trials: Int(x[0]), probability: x[1]).mass(Int(x[2]))
        case "binomialCumulative": BinomialDistribution(trials: Int(x[0]), probability: x[1]).cumulative(Int(x[2]))
        case "binomialSurvival": BinomialDistribution(trials: Int(x[0]), probability: x[1]).survival(Int(x[2]))
        default: nil
        }
    }
}
