/// Everything the service counts. The names that Brink's probes read are in ``MetricsPage``.
final class Metrics: Sendable {
    /// By operation (the root field) and outcome.
    let requests = LabeledCounter(["operation", "outcome"])
    let requestSeconds = DurationHistogram()
    let stages = StageTimes()
    /// By error code. Every error entry of an answer counts once, and so does every accept, connection to the database
    /// and fetch of keys that failed for want of file descriptors.
    let errors = LabeledCounter(["code"], known: ErrorCode.allCases.map { [$0.rawValue] })

    /// Root fields for which a transaction was begun.
    let databaseOperations = Counter()
    /// Transactions, or single statements, begun for them: more than one of an operation where it was tried again.
    let databaseAttempts = Counter()

    let poolCheckoutSeconds = DurationHistogram()
    let poolCheckoutTimeouts = Counter()
    /// By outcome: `ok` or the kind of the error.
    let poolConnects = LabeledCounter(["outcome"], known: [["ok"]])

    /// By result: `hit`; `miss`; `expired`; `outdated` by a write; `invalid`, as the service did not put it there;
    /// `error` of the cache; `bypassed` while it is left alone; `coalesced` for a request that waited for another one's
    /// load, whatever it found before.
    let cacheRequests = LabeledCounter(
        ["result"],
        known: ["hit", "miss", "expired", "outdated", "invalid", "error", "bypassed", "coalesced"].map { [$0] })
    /// Loads from the database.
    let cacheLoads = Counter()
    /// Expired answers that were given because the database could not be asked.
    let cacheStale = Counter()
    let cacheInvalidations = Counter()
    /// Entries put and removed, by outcome.
    let cacheWrites = LabeledCounter(["outcome"], known: ["ok", "error", "bypassed"].map { [$0] })
    let cacheEvictions = Counter()

    /// By result: `accepted` or the reason for the refusal.
    let tokens = LabeledCounter(["result"], known: [["accepted"]])
    /// Look-ups of a remembered token that found something else than what was remembered.
    let tokenMemoryDamage = Counter()
    let jwksFetches = LabeledCounter(["outcome"], known: [["ok"], ["error"]])
}
