import Events

/// One run as the history keeps it: what was run, where, and what it came to.
public struct RunRecord: Codable, Hashable, Sendable {
    /// Unique.
    public var run: String
    public var scenario: String
    public var domain: String?
    /// stable, flaky or very-flaky, as the scenario declared it at the time.
    public var category: String
    public var tags: [String]
    /// The suite that it belongs to; absent for a run by itself.
    public var suite: String?
    /// Which attempt of the suite at the scenario, from 1.
    public var attempt: Int
    /// Wall-clock time, ISO 8601 in UTC.
    public var startedAt: String
    /// Absent when no end was recorded: the run still goes on, or its harness was killed.
    public var verdict: Verdict?
    public var reason: String?
    public var exitCode: Int32?
    public var hostRestored: Bool?
    /// Length in seconds.
    public var seconds: Double?
    public var seed: UInt64
    /// Seeded mistakes of the reference service.
    public var weaknesses: [String]
    /// The profile of the service in bookshop's place; absent for bookshop itself.
    public var profile: String?
    /// What the working directory, or whoever started the run, said of the code under test.
    public var commit: String?
    public var branch: String?
    /// The machine and the programs involved; `EnvironmentFingerprint` tells which of this is in the fingerprint.
    public var environment: [String: String]
    public var fingerprint: String
    public var brinkVersion: String
    public var folder: String
    /// Measured values by the names that conditions use, such as `recovery(kill)` or `phase(run, latency.p99)`, in base
    /// units.
    public var figures: [String: Double]

    /// A run that has just begun.
    public init(_ start: RunStart, about: RunOrigin, folder: String) {
        run = start.run
        scenario = start.scenario
        domain = about.domain
        category = about.category
        tags = about.tags
        suite = about.suite
        attempt = about.attempt
        startedAt = start.startedAt
        seed = start.seed
        weaknesses = about.weaknesses
        profile = about.profile
        commit = about.commit
        branch = about.branch
        environment = start.environment
        fingerprint = EnvironmentFingerprint(start.environment, brinkVersion: start.brinkVersion).text
        brinkVersion = start.brinkVersion
        self.folder = folder
        figures = [:]
    }

    /// What the run came to.
    public mutating func end(_ result: RunResult) {
        verdict = result.verdict
        reason = result.reason
        exitCode = result.exitCode
        hostRestored = result.host.restored
        seconds = result.duration
        figures = RunFigures(result).values
    }
}
