/// What one check of the data came to, once a run is over.
public struct DataSafetyFinding: Codable, Hashable, Sendable {
    public enum Check: String, Codable, Hashable, Sendable, CaseIterable {
        /// Indexes, heaps, checksums, foreign keys, dump and reload.
        case integrity
        /// Histories of lists (Elle).
        case listAppend
        /// The constant sum of a bank.
        case bank
        /// Phenomena that two transactions were made to try.
        case phenomena
    }

    public var check: Check
    /// `pass`, `fail`, or `inconclusive` where too little was looked at.
    public var verdict: Verdict
    /// How much was looked at and found, by the names that expectations use after the check's own and a dot.
    public var figures: [String: Double]
    /// Up to 20 findings in words.
    public var findings: [String]
    /// What else a reader should know.
    public var notes: [String]

    public init(
        check: Check, verdict: Verdict, figures: [String: Double], findings: [String], notes: [String]
    ) {
        self.check = check
        self.verdict = verdict
        self.figures = figures
        self.findings = findings
        self.notes = notes
    }
}
