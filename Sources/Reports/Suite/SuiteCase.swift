import Events

/// One scenario of a suite, with every attempt at it.
public struct SuiteCase: Codable, Hashable, Sendable {
    /// One run.
    public struct Attempt: Codable, Hashable, Sendable {
        public var verdict: Verdict
        public var reason: String
        /// Absent when the run was ended by a signal.
        public var exitCode: Int32?
        /// Setup and teardown included.
        public var seconds: Double
        /// Path of the run's folder; absent when the run did not get that far.
        public var folder: String?
        /// Whether everything was put back.
        public var hostRestored: Bool?
        /// Longest time in which one of its faults was recovered from, in seconds.
        public var slowestRecovery: Double?
        /// Id of that fault.
        public var slowestFault: String?
        /// Of every random choice in it.
        public var seed: UInt64?
        /// Expectations that failed, as `id: text (values)`.
        public var failures: [String]

        /// Whether the host is not known to be as before. A run that found residue of an earlier one does not get as far
        /// as a result, and says so by its exit code alone.
        public var leftResidue: Bool { hostRestored == false || exitCode == SuiteCase.residueCode }

        public init(
            verdict: Verdict, reason: String, exitCode: Int32?, seconds: Double, folder: String?, result: RunResult?
        ) {
            self.verdict = verdict
            self.reason = reason
            self.exitCode = exitCode
            self.seconds = seconds
            self.folder = folder
            hostRestored = result?.host.restored
            let slowest = result?.faults.filter { $0.recoverySeconds != nil }
                .max { ($0.recoverySeconds ?? 0) < ($1.recoverySeconds ?? 0) }
            slowestRecovery = slowest?.recoverySeconds
            slowestFault = slowest?.id
            seed = result?.seed
            failures = (result?.expectations ?? []).filter { $0.verdict == .fail }.map { expectation in
                let values = MeasuredValues(expectation.values).text
                return "\(expectation.id): \(expectation.that)" + (values.isEmpty ? "" : " (\(values))")
            }
        }
    }

    /// Exit code of a run that left something, or found what it could not put back.
    private static let residueCode: Int32 = 10

    public var id: String
    /// Absent for a scenario that names none.
    public var domain: String?
    /// stable, flaky or very-flaky, as declared.
    public var category: String
    public var tags: [String]
    /// Kinds of faults, such as `memory.high`.
    public var faults: [String]
    public var attempts: [Attempt]
    /// How many attempts must pass: `any`, `all`, or for instance `2-of-3`; absent for `any`.
    public var pass: String?
    /// That number; absent for 1.
    public var needed: Int?
    /// Whether it is reported but decides nothing; absent for false.
    public var quarantined: Bool?
    /// How it did at first attempts over the history; absent where that is not known.
    public var history: ObservedFlakiness?

    public init(
        id: String, domain: String?, category: String, tags: [String], faults: [String], attempts: [Attempt],
        pass: String? = nil, needed: Int? = nil, quarantined: Bool? = nil
    ) {
        self.id = id
        self.domain = domain
        self.category = category
        self.tags = tags
        self.faults = faults
        self.attempts = attempts
        self.pass = pass
        self.needed = needed
        self.quarantined = quarantined
    }

    /// `pass` when as many attempts passed as are needed, else that of the last that did not; nil when too few were made
    /// to tell.
    public var verdict: Verdict? {
        let passed = attempts.count { $0.verdict == .pass }
        return passed >= needed ?? 1 ? .pass : attempts.last { $0.verdict != .pass }?.verdict
    }

    /// Whether it passed although an attempt did not.
    public var wasFlaky: Bool { verdict == .pass && attempts.contains { $0.verdict != .pass } }

    public var isQuarantined: Bool { quarantined ?? false }

    /// The attempt that tells most of it: one like the verdict.
    var telling: Attempt? { attempts.last { $0.verdict == verdict } ?? attempts.last }
}
