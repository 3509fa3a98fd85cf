import Foundation

/// What SciPy says; reference.py makes it and says how.
struct Reference: Decodable {
    /// Arguments and the value.
    struct Case: Decodable {
        let x: [Double]
        let y: Double
    }

    struct LjungBox: Decodable {
        let coefficients: [Double]
        let statistic: Double
        let pValue: Double
    }

    struct Sample: Decodable {
        let values: [Double]
        let mean: Double
        let standardDeviation: Double
        let quantiles: [Case]
        let medianAbsoluteDeviation: Double
        let outlierScores: [Double]
        let studentT95: [Double]
        let studentT99: [Double]
        let prediction95of1: [Double]
        let prediction95of5: [Double]
        let ljungBox: LjungBox
    }

    struct Bootstrap: Decodable {
        let values: [Double]
        let level: Double
        let seed: UInt64
        let interval: [Double]
    }

    struct Wilson: Decodable {
        let successes: Int
        let trials: Int
        let level: Double
        let interval: [Double]
    }

    struct SignedRank: Decodable {
        let differences: [Double]
        let positiveRanks: Double
        let pValue: Double
        let isExact: Bool
    }

    struct Correction: Decodable {
        let pValues: [Double]
        let holm: [Double]
        let bonferroni: [Double]
    }

    let distributions: [String: [Case]]
    let samples: [Sample]
    let bootstraps: [Bootstrap]
    let wilson: [Wilson]
    let signedRanks: [SignedRank]
    let corrections: [Correction]
    let powers: [Case]

    static func load() throws -> Reference {
        try JSONDecoder().decode(Reference.self, from: Data(PackageResources.reference_json))
    }
}

/// Whether two figures agree but for rounding.
func agrees(_ value: Double?, _ expected: Double, within relative: Double = 1e-11) -> Bool {
    guard let value else { return false }
    if value == expected { return true }
    return abs(value - expected) <= relative * max(abs(value), abs(expected))
}

func agrees(_ values: [Double], _ expected: [Double], within relative: Double = 1e-11) -> Bool {
    values.count == expected.count && zip(values, expected).allSatisfy { agrees($0, $1, within: relative) }
}
