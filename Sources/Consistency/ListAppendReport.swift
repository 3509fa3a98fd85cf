/// What ``ListAppendCheck`` found.
public struct ListAppendReport: Sendable {
    /// At most ``ListAppendCheck/examples`` of a kind; ``count(of:)`` has the number of all.
    public let anomalies: [ListAppendAnomaly]
    /// Committed transactions, those included that must have been as they were read.
    public let committed: Int
    public let aborted: Int
    /// Transactions of unknown outcome that nobody read.
    public let unknown: Int
    /// Reads and appends of the committed transactions.
    public let reads: Int
    public let appends: Int
    /// False when the search for cycles in a large knot was given up: a kind may then be missing, none is invented.
    public let isExhaustive: Bool

    private let counts: [ListAppendAnomaly.Kind: Int]

    init(
        anomalies: [ListAppendAnomaly], counts: [ListAppendAnomaly.Kind: Int], committed: Int, aborted: Int,
        unknown: Int, reads: Int, appends: Int, isExhaustive: Bool
    ) {
        self.anomalies = anomalies
        self.counts = counts
        self.committed = committed
        self.aborted = aborted
        self.unknown = unknown
        self.reads = reads
        self.appends = appends
        self.isExhaustive = isExhaustive
    }

    /// Whether there was anything to judge: nothing read or nothing appended shows nothing.
    public var isConclusive: Bool { reads > 0 && appends > 0 }

    public func count(of kind: ListAppendAnomaly.Kind) -> Int { counts[kind] ?? 0 }

    /// Whether an anomaly was found that the level forbids.
    public func violates(_ level: IsolationLevel) -> Bool {
        counts.contains { $0.value > 0 && $0.key.forbiddenFrom <= level }
    }
}
