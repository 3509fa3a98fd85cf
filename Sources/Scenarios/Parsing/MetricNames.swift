import Spelling

/// The names that conditions can use. Checked before anything runs, so that a misspelt metric is a mistake in the
/// scenario rather than a condition that never holds.
public enum MetricNames {
    /// Classes of failed requests, as the load generator tells them apart.
    public static let errorClasses = [
        "refused", "reset", "timeout", "poolTimeout", "poolQueueFull", "unavailable", "sql", "graphql", "wrongAnswer",
        "stale",
        "unauthenticated", "overload", "http", "descriptors", "other",
    ]

    /// Those that only the codes of the reference service tell apart.
    static let errorClassesOfBookshop = [
        "poolTimeout", "poolQueueFull", "unavailable", "sql", "stale", "unauthenticated", "descriptors",
    ]

    /// Metrics that the reference service publishes of itself.
    static let ofBookshop: [String] =
        ["p50", "p95", "p99"].map { "pool.wait.\($0)" }
        + ["pool.inUse", "pool.idle", "pool.waiting", "pool.timeouts"]
        + [
            "poolTimeout", "poolQueueFull", "unavailable", "sql", "timeout", "descriptors", "unauthenticated",
            "internal",
        ]
        .map { "service.errors.\($0).perSecond" }
        + serviceCache
        // Attempts to connect to the database, transactions begun for each operation that needs it, and 1 or 0 as
        // /ready says.
        // Look-ups of a remembered token that found it damaged.
        + ["service.tokens.damaged.perSecond"]
        + ["service.connects.perSecond", "service.attempts.perRequest", "service.ready"]

    /// Metrics of the whole run, whatever its targets are called.
    public static let global: [String] =
        ["p50", "p90", "p95", "p99", "p999", "max", "mean"].map { "latency.\($0)" }
        + ["throughput", "arrivals", "inFlight", "errors.rate"] + errorClasses.map { "errors.\($0).rate" }
        + ofBookshop
        + ["acked", "failed", "unknown", "stored", "lost", "phantom", "unknownStored"].map { "ledger.\($0)" }
        + dataSafety + bypass + ["count", "longest", "total"].map { "outages.\($0)" }
        // Of all of Brink's rules together: shares, and the longest time from a fault to its alert in seconds.
        + ["precision", "recall", "delay"].map { "alerts.\($0)" }
        + [
            "harness.cpu.usage", "harness.memory.current", "host.memory.available", "host.load1",
            "host.cpu.pressure.some.avg10", "host.memory.pressure.some.avg10",
            "host.memory.pressure.full.avg10", "host.io.pressure.some.avg10", "host.io.pressure.full.avg10",
        ]

    /// What checks of the data come to; known at the end of a run only.
    static let dataSafety =
        ["errors", "checked", "unchecked"].map { "integrity.\($0)" }
        + ["anomalies", "committed", "aborted", "unknown", "lost", "reconnects"].map { "listAppend.\($0)" }
        + ["wrong", "reads", "committed", "unknown", "reconnects"].map { "bank.\($0)" }
        + ["violations", "trials", "inconclusive"].map { "phenomena.\($0)" }

    /// What attempts to get in without a right token came to; known at the end of a run only.
    static let bypass =
        ["attempts", "accepted", "refused", "unclear", "undecided", "mistaken", "controls", "controlsAccepted"].map {
            "bypass.\($0)"
        }

    /// The result cache of the reference service, by its own account: shares and numbers of one second.
    static let serviceCache =
        ["service.cache.hitRate"]
        + [
            "hits", "misses", "expired", "outdated", "invalid", "errors", "bypassed", "coalesced", "loads", "stale",
            "evictions",
        ].map { "service.cache.\($0).perSecond" }

    /// Metrics of one target, after its id and a dot.
    public static let perTarget: [String] =
        ["cpu", "memory", "io"].flatMap { resource in
            ["some", "full"].flatMap { kind in
                // `share` is of the time between two samples: what a condition over seconds wants, where avg10 lags.
                ["avg10", "total", "share"].map { "\(resource).pressure.\(kind).\($0)" }
            }
        }
        + ["memory.current", "memory.peak", "memory.anon", "memory.file", "memory.refaults"]
        + ["memory.refaults.perSecond"]
        + ["low", "high", "max", "oom", "oom_kill"].map { "memory.events.\($0)" }
        + ["cpu.usage", "cpu.throttled", "pids", "descriptors", "descriptors.most", "alive", "stopped"]
        + ["io.rbytes", "io.wbytes", "io.rbytes.perSecond", "io.wbytes.perSecond"]
        + ["active", "idle", "idleInTransaction", "waiting", "total"].map { "connections.\($0)" }
        // That reached the services' database; of a target with nothing but a connection, the one that this names.
        + ["transactions.perSecond"]
        // Of a standby: whether it streams, how late it is in seconds, and how many bytes of WAL wait for replay.
        + ["streaming", "lag", "unreplayed"].map { "replication.\($0)" }
        + ["proxy.connections", "proxy.bytes"]
        // As SHOW POOLS of PgBouncer calls them, summed over its pools; maxwait is the longest.
        + ["cl_active", "cl_waiting", "sv_active", "sv_idle", "maxwait"].map { "pool.\($0)" }
        // Of an issuer: requests for its key set, and tokens that it issued.
        + ["jwks.requests.perSecond", "tokens.issued.perSecond"]
        // Of a Redis, from INFO.
        + ["hits", "misses", "evictions"].map { "cache.\($0).perSecond" } + ["cache.entries", "cache.memory"]

    /// Metrics of one neighbour besides those of a target: seconds that its URL takes to answer, whether it answered,
    /// and OOM kills since the run began.
    public static let perNeighbour = ["latency", "answers", "oomKills"]

    /// Whether a metric is made of the requests of a stretch of time rather than sampled.
    static func isOfLoad(_ metric: String) -> Bool {
        ["latency.", "errors."].contains { metric.hasPrefix($0) }
            || ["throughput", "arrivals", "inFlight"].contains(metric)
    }

    private static let globalSet = Set(global)
    private static let perTargetSet = Set(perTarget)

    /// Every metric that a scenario's conditions can use.
    public static func all(of scenario: Scenario) -> [String] {
        names(targets: scenario.targets.map(\.id), neighbours: scenario.neighbours.map(\.id))
    }

    private static func names(targets: [String], neighbours: [String]) -> [String] {
        global + targets.flatMap { target in perTarget.map { "\(target).\($0)" } }
            + neighbours.flatMap { neighbour in (perTarget + perNeighbour).map { "\(neighbour).\($0)" } }
    }

    /// Nil when the name is known, else what is wrong with it.
    static func problem(with name: String, targets: [String], neighbours: [String] = []) -> String? {
        // Of hundreds of scenarios with a dozen metrics each: the list is made only for who has misspelt one.
        if globalSet.contains(name) { return nil }
        for part in targets + neighbours where name.hasPrefix("\(part).") {
            let rest = String(name.dropFirst(part.count + 1))
            if perTargetSet.contains(rest) { return nil }
            if neighbours.contains(part), perNeighbour.contains(rest) { return nil }
        }
        let known = names(targets: targets, neighbours: neighbours)
        return "unknown metric \"\(name)\"\(Spelling.suggestion(for: name, among: known))"
    }
}
