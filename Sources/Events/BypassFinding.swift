/// What attempts to get into a service without a right token came to, once a run is over.
public struct BypassFinding: Codable, Hashable, Sendable {
    public var service: String
    /// `fail` when one was let in, `inconclusive` when too little was decided or nobody was let in at all.
    public var verdict: Verdict
    /// How many there were, by the names that expectations use after `bypass.`.
    public var figures: [String: Double]
    /// Up to 20 attempts that were let in, in words.
    public var findings: [String]
    /// What else a reader should know.
    public var notes: [String]

    public init(
        service: String, verdict: Verdict, figures: [String: Double], findings: [String], notes: [String]
    ) {
        self.service = service
        self.verdict = verdict
        self.figures = figures
        self.findings = findings
        self.notes = notes
    }
}
