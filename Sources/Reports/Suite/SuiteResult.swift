import Events

/// A run of a suite in one value; written as `suite.json`.
public struct SuiteResult: Codable, Hashable, Sendable {
    /// Version of this format.
    public static let schemaVersion = "1.1"

    public var schemaVersion = SuiteResult.schemaVersion
    /// Wall-clock time, ISO 8601 in UTC.
    public var startedAt: String
    public var brinkVersion: String
    /// How many scenarios ran side by side.
    public var lanes: Int
    /// Wall time in seconds.
    public var seconds: Double
    /// Whether it was ended before all scenarios had run.
    public var interrupted: Bool
    /// Whether the suite, apart from its runs, left the host as it was; absent when it never came to its end.
    public var hostRestored: Bool?
    public var weaknesses: [String]
    /// The target profile whose service took bookshop's place; absent for bookshop itself.
    public var profile: String?
    /// With a profile: the scenarios that say nothing of its service, by id, each with the reason. They are no part of
    /// `scenarios`.
    public var notApplicable: [String: String]?
    /// By id.
    public var scenarios: [SuiteCase]

    public init(
        startedAt: String, brinkVersion: String, lanes: Int, seconds: Double, interrupted: Bool, hostRestored: Bool?,
        weaknesses: [String], profile: String? = nil, notApplicable: [String: String]? = nil, scenarios: [SuiteCase]
    ) {
        self.startedAt = startedAt
        self.brinkVersion = brinkVersion
        self.lanes = lanes
        self.seconds = seconds
        self.interrupted = interrupted
        self.hostRestored = hostRestored
        self.weaknesses = weaknesses
        self.profile = profile
        self.notApplicable = notApplicable
        self.scenarios = scenarios.sorted { $0.id < $1.id }
    }

    /// Runs after which the host was not known to be as before.
    public var residues: Int {
        scenarios.flatMap(\.attempts).count(where: \.leftResidue) + (hostRestored == false ? 1 : 0)
    }

    public func count(_ verdict: Verdict?) -> Int { scenarios.count { $0.verdict == verdict } }

    /// Those whose verdicts decide that of the suite.
    public var deciding: [SuiteCase] { scenarios.filter { !$0.isQuarantined } }

    /// Scenarios that are declared stable and are certainly not, in words.
    public var flakinessWarnings: [String] {
        scenarios.compactMap { $0.history.flatMap { FlakinessWords($0).warning } }
    }
}
