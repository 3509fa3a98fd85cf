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
        /// Expectations that failed, as `id: text (values)`.
        public var failures: [String]

        public init(
            verdict: Verdict, reason: String, exitCode: Int32?, seconds: Double, folder: String?, result: RunResult?
        ) {
            self.verdict = verdict
            self.reason = reason
            self.exitCode = exitCode
            self.seconds = seconds
            self.folder = folder
            hostRestored = result?.host.restored
            slowestRecovery = result?.faults.compactMap(\.recoverySeconds).max()
            failures = (result?.expectations ?? []).filter { $0.verdict == .fail }.map { expectation in
                let values = MeasuredValues(expectation.values).text
                return "\(expectation.id): \(expectation.that)" + (values.isEmpty ? "" : " (\(values))")
            }
        }
    }

    public var id: String
    /// Absent for a scenario that names none.
    public var domain: String?
    /// stable, flaky or very-flaky, as declared.
    public var category: String
    public var tags: [String]
    /// Kinds of faults, such as `memory.high`.
    public var faults: [String]
    public var attempts: [Attempt]

    public init(id: String, domain: String?, category: String, tags: [String], faults: [String], attempts: [Attempt]) {
        self.id = id
        self.domain = domain
        self.category = category
        self.tags = tags
        self.faults = faults
        self.attempts = attempts
    }

    /// That of the first attempt that passed, else of the last; nil when there was none.
    public var verdict: Verdict? {
        attempts.contains { $0.verdict == .pass } ? .pass : attempts.last?.verdict
    }

    /// Whether it passed, but not at first.
    public var wasFlaky: Bool { verdict == .pass && attempts.first?.verdict != .pass }
}
