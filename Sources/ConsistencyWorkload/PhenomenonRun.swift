import Consistency

/// What ``PhenomenonWorkload`` brings home: how often which trial came out how.
public struct PhenomenonRun: Sendable {
    public let level: IsolationLevel
    public private(set) var counts: [PhenomenonResult: Int] = [:]
    /// Rounds that could not be made, or not be cleaned up after, and why the last one of them was.
    public private(set) var failures = 0
    public private(set) var lastFailure: String?

    public init(level: IsolationLevel) {
        self.level = level
    }

    /// - Parameter wasCutShort: the round was ended in its middle, so that what it could not tell means nothing.
    public mutating func take(_ results: [PhenomenonResult], wasCutShort: Bool = false) {
        for result in results {
            if case .inconclusive(let reason) = result.outcome {
                guard !wasCutShort else { continue }
                lastFailure = reason
                // All reasons are one outcome: what a dying server says differs each time.
                counts[
                    PhenomenonResult(phenomenon: result.phenomenon, level: level, outcome: .inconclusive("")),
                    default: 0
                ] += 1
            } else {
                counts[result, default: 0] += 1
            }
        }
    }

    public mutating func takeFailure(_ reason: String, wasCutShort: Bool) {
        guard !wasCutShort else { return }
        failures += 1
        lastFailure = reason
    }

    /// Trials that told something.
    public var trials: Int { counts.filter { !$0.key.isInconclusive }.values.reduce(0, +) }
    public var inconclusive: Int { counts.filter(\.key.isInconclusive).values.reduce(0, +) }

    /// Phenomena that were seen though a level forbids them, and how often.
    public func violations(of promise: IsolationLevel) -> [(phenomenon: Phenomenon, count: Int)] {
        Phenomenon.allCases.filter { $0.forbiddenFrom <= promise }.compactMap { phenomenon in
            let seen = PhenomenonResult(phenomenon: phenomenon, level: level, outcome: .observed)
            return counts[seen].map { (phenomenon, $0) }
        }
    }

    /// Whether each phenomenon that the level forbids was told of at least once.
    public func isConclusive(for promise: IsolationLevel) -> Bool {
        let told = Set(counts.keys.filter { !$0.isInconclusive }.map(\.phenomenon))
        return Phenomenon.allCases.allSatisfy { $0.forbiddenFrom > promise || told.contains($0) }
    }
}
