import Scenarios

/// Brink's own rules: what a service's operators would want to be told of, over what a run measures.
public enum BuiltInRules {
    /// - Parameter names: of the metrics that there are; a rule about another is left out.
    public static func rules(for names: some Sequence<String>) -> [AlertRule] {
        let names = Set(names)
        return (ofService + names.sorted().flatMap(ofPart)).filter { names.isSuperset(of: $0.metrics) }
    }

    /// What flickers is one alert.
    private static let kept = Duration.seconds(3)

    /// What users feel, and what their requests wait for.
    private static let ofService: [AlertRule] = [
        threshold("errors", above("errors.rate", 0.05)),
        AlertRule(
            "error-budget",
            .burn(
                AlertRule.BurnRate(
                    metric: "errors.rate", objective: 0.99, factor: 10, long: .seconds(5), short: .seconds(1))),
            keptFiring: kept),
        change("latency", "latency.p50", floor: 0.02, share: 1),
        change("tail", "latency.p99", floor: 0.1, share: 1),
        change("throughput", "throughput", .down, floor: 1, share: 0.5),
        change("pool", "pool.waiting", floor: 2),
        threshold("not-ready", below("service.ready", 1)),
        change("attempts", "service.attempts.perRequest", floor: 0.5),
        change("connects", "service.connects.perSecond", floor: 2),
        change("cache-misses", "service.cache.hitRate", .down, floor: 0.3),
        change("cache-loads", "service.cache.loads.perSecond", floor: 4, share: 1),
        change("cache-trouble", "service.cache.bypassed.perSecond", floor: 1),
        change("cache-invalid", "service.cache.invalid.perSecond", floor: 1),
        change("cache-errors", "service.cache.errors.perSecond", floor: 1),
        change("cache-stale", "service.cache.stale.perSecond", floor: 1),
    ]

    /// What a part of the system says of itself, by the end of a metric's name.
    private static func ofPart(_ name: String) -> [AlertRule] {
        guard let dot = name.firstIndex(of: "."), !name.hasPrefix("host."), !name.hasPrefix("harness.") else {
            return []
        }
        let part = name[..<dot]
        return switch name[name.index(after: dot)...] {
        case "alive": [threshold("\(part)/gone", below(name, 1))]
        case "stopped": [threshold("\(part)/stopped", above(name, 0))]
        case "memory.events.oom_kill":
            [AlertRule("\(part)/oom-kill", .rise(metric: name, over: .seconds(1), perSecond: 0), keptFiring: kept)]
        case "memory.events.high":
            [AlertRule("\(part)/memory-high", .rise(metric: name, over: .seconds(1), perSecond: 1), keptFiring: kept)]
        case "memory.pressure.full.share": [change("\(part)/memory-stall", name, floor: 0.2)]
        case "io.pressure.full.share": [change("\(part)/io-stall", name, floor: 0.2)]
        case "cpu.pressure.some.share": [change("\(part)/cpu-stall", name, floor: 0.4)]
        case "cpu.throttled": [change("\(part)/throttled", name, floor: 0.2)]
        case "connections.waiting": [change("\(part)/waits", name, floor: 1)]
        case "connections.total": [change("\(part)/connections", name, floor: 3, share: 0.5)]
        case "pool.cl_waiting": [change("\(part)/clients-wait", name, floor: 1)]
        case "pool.sv_active": [change("\(part)/servers", name, floor: 3, share: 0.5)]
        case "connections.idleInTransaction": [change("\(part)/idle-in-transaction", name, floor: 2)]
        case "replication.streaming": [threshold("\(part)/cut-off", below(name, 1))]
        // Between receipt and replay any standby is late for a moment, by the time since the last commit.
        case "replication.lag": [threshold("\(part)/late", above(name, 1, for: .seconds(1)))]
        case "descriptors.most": [change("\(part)/descriptors", name, floor: 20, share: 0.5)]
        case "jwks.requests.perSecond": [change("\(part)/key-requests", name, floor: 0.5)]
        case "cache.evictions.perSecond": [change("\(part)/evictions", name, floor: 1)]
        case "cache.entries": [change("\(part)/entries", name, .down, floor: 3, share: 0.4)]
        case "memory.refaults.perSecond": [change("\(part)/refaults", name, floor: 100)]
        default: []
        }
    }

    private static func threshold(_ id: String, _ condition: Condition) -> AlertRule {
        AlertRule(id, .threshold(condition), keptFiring: kept)
    }

    private static func change(
        _ id: String, _ metric: String, _ direction: AlertRule.ChangePoint.Direction = .up, floor: Double,
        share: Double = 0
    ) -> AlertRule {
        AlertRule(
            id, .change(AlertRule.ChangePoint(metric: metric, direction: direction, floor: floor, share: share)),
            keptFiring: kept)
    }

    private static func above(_ metric: String, _ limit: Double, for time: Duration = .zero) -> Condition {
        Condition(
            expression: .comparison(.metric(metric), .greater, limit), sustained: time,
            text: "\(metric) > \(limit)\(time > .zero ? " for \(time.short)" : "")")
    }

    private static func below(_ metric: String, _ limit: Double) -> Condition {
        Condition(
            expression: .comparison(.metric(metric), .less, limit), sustained: .zero, text: "\(metric) < \(limit)")
    }
}
