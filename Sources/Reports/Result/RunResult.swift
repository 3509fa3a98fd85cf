import Events

/// A run in one value, made from its events alone; written as `result.json`.
///
/// Times are seconds from the run's start unless said otherwise. Values that were not measured are absent.
public struct RunResult: Codable, Hashable, Sendable {
    /// Version of this format; the schema is `ResultSchema`.
    public static let schemaVersion = "1.2"

    public var schemaVersion: String
    public var run: String
    public var scenario: String
    public var why: String
    public var seed: UInt64
    /// Wall-clock time, ISO 8601 in UTC.
    public var startedAt: String
    public var brinkVersion: String
    public var environment: [String: String]
    /// Time of the last event in seconds.
    public var duration: Double
    /// True when the events stop without an end: the harness died, or the run still goes on.
    public var interrupted: Bool
    public var verdict: Verdict?
    public var reason: String?
    public var exitCode: Int32?
    public var host: HostState
    public var phases: [PhaseResult]
    public var faults: [FaultResult]
    /// Every change made to the host and taken back, in order.
    public var writes: [WriteRecord]
    public var expectations: [ExpectationOutcome]
    public var steadyState: SteadyStateSummary
    /// Every OOM kill in or beside a target.
    public var oomKills: [TimedOOMKill]
    public var ledger: LedgerCount?
    /// Checks of the data besides the ledger. Since 1.1.
    public var dataSafety: [DataSafetyFinding]
    /// Attempts to get in without a right token. Since 1.1.
    public var bypass: BypassFinding?
    /// How a failure went its way: metrics in the order in which they left what was usual. Since 1.1.
    public var propagation: [PropagatedSignal]
    /// What each rule's alerts were worth, measured by the times of the faults. Since 1.1.
    public var alerts: [DetectionScore]
    /// Stretches in which a server took no connections. Since 1.1.
    public var outages: [Outage]
    /// What servers wrote into their logs about themselves. Since 1.1.
    public var serverLog: [ServerLogLine]
    public var load: [PhaseLoad]
    public var messages: [TimedMessage]

    // Spelt out for `init(from:)`, which is in a file of its own.
    enum CodingKeys: String, CodingKey {
        case schemaVersion, run, scenario, why, seed, startedAt, brinkVersion, environment, duration, interrupted
        case verdict, reason, exitCode, host, phases, faults, writes, expectations, steadyState, oomKills, ledger
        case dataSafety, bypass, propagation, alerts, outages, serverLog, load, messages
    }

    /// Folds the events of a run, in the order in which they happened.
    public init(events: [RunEvent]) {
        var fold = ResultFold()
        for event in events { fold.take(event) }
        self = fold.result()
    }

    init(start: RunStart) {
        schemaVersion = RunResult.schemaVersion
        run = start.run
        scenario = start.scenario
        why = start.why
        seed = start.seed
        startedAt = start.startedAt
        brinkVersion = start.brinkVersion
        environment = start.environment
        duration = 0
        interrupted = true
        host = HostState(restored: nil, residues: [], changes: nil)
        phases = []
        faults = start.faults.map(FaultResult.init)
        writes = []
        expectations = []
        steadyState = SteadyStateSummary(checks: start.checks, phases: [])
        oomKills = []
        dataSafety = []
        propagation = []
        alerts = []
        outages = []
        serverLog = []
        load = []
        messages = []
    }
}
