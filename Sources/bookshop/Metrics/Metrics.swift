/// Everything the service counts. The names that Brink's probes read are in ``MetricsPage``.
final class Metrics: Sendable {
    /// By operation (the root field) and outcome.
    let requests = LabeledCounter(["operation", "outcome"])
    let requestSeconds = DurationHistogram()
    /// By error code. Every error entry of an answer counts once, and so does every accept, connection to the database
    /// and fetch of keys that failed for want of file descriptors.
    let errors = LabeledCounter(["code"], known: ErrorCode.allCases.map { [$0.rawValue] })

    let poolCheckoutSeconds = DurationHistogram()
    let poolCheckoutTimeouts = Counter()
    /// By outcome: `ok` or the kind of the error.
    let poolConnects = LabeledCounter(["outcome"], known: [["ok"]])

    /// By result: `hit`, `miss`, `expired`, or `coalesced` for a request that waited for another one's load.
    let cacheRequests = LabeledCounter(["result"], known: [["hit"], ["miss"], ["expired"], ["coalesced"]])
    let cacheEvictions = Counter()

    /// By result: `accepted` or the reason for the refusal.
    let tokens = LabeledCounter(["result"], known: [["accepted"]])
    /// Look-ups of a remembered token that found something else than what was remembered.
    let tokenMemoryDamage = Counter()
    let jwksFetches = LabeledCounter(["outcome"], known: [["ok"], ["error"]])
}
