import Squeeze

/// Something that happened in a run. The engine writes these as they happen; reports are made from them alone.
///
/// As JSON, one object a line in `events.jsonl`: `{"t": seconds, "type": …, "data": {…}}`. Times are seconds on the
/// run's one monotonic clock, from its start.
public struct RunEvent: Hashable, Sendable {
    public var time: Double
    public var kind: Kind

    public init(_ time: Double, _ kind: Kind) {
        self.time = time
        self.kind = kind
    }

    public enum Kind: Hashable, Sendable {
        case started(RunStart)
        case phase(PhaseChange)
        case fault(FaultChange)
        case write(HostWrite)
        case sample(Sample)
        case window(WindowVerdict)
        /// An alert began to fire or ceased.
        case alert(AlertChange)
        /// What a rule's alerts were worth; after the run, one for each rule.
        case detection(DetectionScore)
        /// The kernel killed a process for want of memory.
        case oomKill(OOMKill)
        /// What the load met with in one whole phase; after the run, one for each.
        case load(LoadFigures)
        case ledger(LedgerCount)
        /// A check of the data came to its end; after the run.
        case dataSafety(DataSafetyFinding)
        /// What attempts to get in without a right token came to; after the run.
        case bypass(BypassFinding)
        /// A server took no connections for a while; after the run, one for each.
        case outage(Outage)
        /// A server's log about itself; after the run.
        case serverLog(ServerLogLine)
        case expectation(ExpectationResult)
        case message(Message)
        /// A squeeze measured one value.
        case step(SqueezeStep)
        /// A squeeze came to its end.
        case squeezed(SqueezeResult)
        /// A trace looked at the working set.
        case estimate(WorkingSetEstimate)
        /// A trace came to its end.
        case traced(TraceResult)
        case ended(RunEnd)
    }
}

/// How a run began: all that a reader needs to make sense of what follows.
public struct RunStart: Codable, Hashable, Sendable {
    /// Version of the event format; it grows when a reader of an older one would be misled.
    public var format: Int
    public var run: String
    public var scenario: String
    public var why: String
    public var seed: UInt64
    /// Wall-clock time, ISO 8601 in UTC.
    public var startedAt: String
    public var brinkVersion: String
    /// What the host is: kernel, CPU, memory, versions of the programs involved.
    public var environment: [String: String]
    /// Planned length of each phase in seconds.
    public var phases: [String: Double]
    /// The faults in the order of the scenario.
    public var faults: [PlannedFault]
    /// Texts of the steady-state checks by id.
    public var checks: [String: String]
    /// Texts of the expectations by id.
    public var expectations: [String: String]

    public struct PlannedFault: Codable, Hashable, Sendable {
        public var id: String
        public var name: String
        public var target: String
        /// `at 20s for 5s`, `when … for …`.
        public var schedule: String

        public init(id: String, name: String, target: String, schedule: String) {
            self.id = id
            self.name = name
            self.target = target
            self.schedule = schedule
        }
    }

    public init(
        format: Int, run: String, scenario: String, why: String, seed: UInt64, startedAt: String, brinkVersion: String,
        environment: [String: String], phases: [String: Double], faults: [PlannedFault], checks: [String: String],
        expectations: [String: String]
    ) {
        self.format = format
        self.run = run
        self.scenario = scenario
        self.why = why
        self.seed = seed
        self.startedAt = startedAt
        self.brinkVersion = brinkVersion
        self.environment = environment
        self.phases = phases
        self.faults = faults
        self.checks = checks
        self.expectations = expectations
    }
}

/// A phase began.
public struct PhaseChange: Codable, Hashable, Sendable {
    public enum Phase: String, Codable, Hashable, Sendable, CaseIterable {
        /// Starting services.
        case setup
        case baseline
        case run
        case recovery
        /// Undoing, ending services, checking the ledger and the host.
        case teardown
    }

    public var phase: Phase

    public init(_ phase: Phase) {
        self.phase = phase
    }
}

/// A fault went from one state to the next.
public struct FaultChange: Codable, Hashable, Sendable {
    public enum State: String, Codable, Hashable, Sendable {
        /// Its moment has come.
        case due
        /// Its writes are made and read back.
        case injected
        /// It was seen to take effect.
        case verified
        /// It ended without having been seen to take effect.
        case unverified
        /// It was taken back; recovery counts from here.
        case ended
        /// The steady state holds again.
        case recovered
        /// It could not be injected or taken back.
        case failed
        /// Its condition never held.
        case neverDue
    }

    public var id: String
    public var state: State
    /// Evidence, reason or figure, for people.
    public var detail: String
    /// With `recovered`: seconds from the fault's end to the start of the first good window.
    public var recoverySeconds: Double?

    public init(id: String, state: State, detail: String = "", recoverySeconds: Double? = nil) {
        self.id = id
        self.state = state
        self.detail = detail
        self.recoverySeconds = recoverySeconds
    }
}

/// A change made to the host, or taken back.
public struct HostWrite: Codable, Hashable, Sendable {
    /// A fault's id, or the part of the harness that made it.
    public var owner: String
    /// What was changed, such as a knob's path.
    public var subject: String
    public var prior: String
    public var value: String
    /// False when made, true when taken back.
    public var isUndo: Bool
    /// `applied`, or how the undo went.
    public var outcome: String
    /// From the due moment to the end of the change, in milliseconds, where it is known.
    public var milliseconds: Double?

    public init(
        owner: String, subject: String, prior: String, value: String, isUndo: Bool, outcome: String,
        milliseconds: Double? = nil
    ) {
        self.owner = owner
        self.subject = subject
        self.prior = prior
        self.value = value
        self.isUndo = isUndo
        self.outcome = outcome
        self.milliseconds = milliseconds
    }
}

/// Metrics of one sampling interval, by the names that conditions use, in base units (bytes, seconds, fractions).
public struct Sample: Codable, Hashable, Sendable {
    public var values: [String: Double]

    public init(values: [String: Double]) {
        self.values = values
    }
}

/// Whether the steady state held in one window.
public struct WindowVerdict: Codable, Hashable, Sendable {
    public var start: Double
    public var end: Double
    public var holds: Bool
    /// Each check's value; absent where nothing was measured.
    public var values: [String: Double]
    /// Ids of the checks that did not hold.
    public var failing: [String]

    public init(start: Double, end: Double, holds: Bool, values: [String: Double], failing: [String]) {
        self.start = start
        self.end = end
        self.holds = holds
        self.values = values
        self.failing = failing
    }
}

/// What the load met with in one whole phase.
public struct LoadFigures: Codable, Hashable, Sendable {
    public var phase: PhaseChange.Phase
    /// Requests that came to an end in it, well or not.
    public var requests: Int
    /// `p50`, `p90`, `p95`, `p99`, `p999`, `max` and `mean` of all answers and timeouts, in seconds; empty without any.
    public var latency: [String: Double]
    /// How many requests failed how: the class of the error, with its SQLSTATE where one came, such as `sql.57P01`.
    public var errors: [String: Int]

    public init(phase: PhaseChange.Phase, requests: Int, latency: [String: Double], errors: [String: Int]) {
        self.phase = phase
        self.requests = requests
        self.latency = latency
        self.errors = errors
    }
}

/// The account of all writes at the end.
public struct LedgerCount: Codable, Hashable, Sendable {
    public var sent: Int
    public var acked: Int
    public var failed: Int
    public var unknown: Int
    public var stored: Int
    /// Acknowledged but not stored.
    public var lost: Int
    /// Stored though answered with a definite failure, or never sent.
    public var phantom: Int
    /// Outcome unknown to the client, and found stored.
    public var unknownStored: Int
    /// Up to 20 lost keys, as evidence.
    public var lostKeys: [String]

    public init(
        sent: Int, acked: Int, failed: Int, unknown: Int, stored: Int, lost: Int, phantom: Int, unknownStored: Int,
        lostKeys: [String]
    ) {
        self.sent = sent
        self.acked = acked
        self.failed = failed
        self.unknown = unknown
        self.stored = stored
        self.lost = lost
        self.phantom = phantom
        self.unknownStored = unknownStored
        self.lostKeys = lostKeys
    }
}

/// One expectation with what was measured.
public struct ExpectationResult: Codable, Hashable, Sendable {
    public var id: String
    public var that: String
    /// `pass`, `fail` or `inconclusive`.
    public var verdict: Verdict
    /// Measured operands, for example `recovery(kill)`: 2.1.
    public var values: [String: Double]
    /// Evidence in words.
    public var detail: String

    public init(id: String, that: String, verdict: Verdict, values: [String: Double], detail: String) {
        self.id = id
        self.that = that
        self.verdict = verdict
        self.values = values
        self.detail = detail
    }
}

/// A remark for people.
public struct Message: Codable, Hashable, Sendable {
    public enum Level: String, Codable, Hashable, Sendable {
        case info, warning, error
    }

    public var level: Level
    public var text: String

    public init(_ level: Level, _ text: String) {
        self.level = level
        self.text = text
    }
}

/// How a run, or one expectation of it, came out.
public enum Verdict: String, Codable, Hashable, Sendable, CaseIterable {
    case pass
    case fail
    /// Trouble of the harness, not of the service.
    case error
    /// A fault was not seen to take effect, or too little was measured.
    case inconclusive
    /// Stopped by an abort condition or a person.
    case aborted
}

/// The end of a run.
public struct RunEnd: Codable, Hashable, Sendable {
    public var verdict: Verdict
    /// Why, in one line.
    public var reason: String
    public var exitCode: Int32
    /// Whether everything changed on the host was put back.
    public var hostRestored: Bool
    /// What was not.
    public var residues: [String]
    /// How many changes were journaled.
    public var changes: Int

    public init(
        verdict: Verdict, reason: String, exitCode: Int32, hostRestored: Bool, residues: [String], changes: Int
    ) {
        self.verdict = verdict
        self.reason = reason
        self.exitCode = exitCode
        self.hostRestored = hostRestored
        self.residues = residues
        self.changes = changes
    }
}
