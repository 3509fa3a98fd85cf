import Engine
import Journal
import LinuxSystem
import Scenarios

/// Makes a cache answer late.
public struct CacheSlowFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cache.slow",
        summary:
            "Has a cache answer late: a Redis stands still for so long again and again (CLIENT PAUSE), the cache in "
            + "bookshop's memory waits so long at each access.",
        targets: [.cache],
        parameters: [ParameterSchema("latency", .duration, required: true, "The longest an access waits, up to 10 s.")],
        requirements: ["a Redis, or bookshop's cache in memory; for one in a table slow the database"],
        verifiedBy: "how long a PING takes; for the cache in memory its delay, read back",
        undoneBy: "no further pause, the last of which ends by itself; putting the delay back")

    private let cache: any CacheAccess
    private let latency: Duration
    private let cycle = CacheCycle()

    /// Between pauses, so that those who wait get on a little.
    private static let gap = Duration.milliseconds(5)

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cache = try target.requireCache(for: specification.name)
        latency = specification.parameters.duration("latency") ?? .milliseconds(200)
        guard latency >= .milliseconds(1), latency <= .seconds(10) else {
            throw FaultError("\(specification.name): latency must be from 1ms to 10s")
        }
        guard cache is RedisAccess || cache is ControlledCache else {
            throw FaultError("\(specification.name): \(cache.place) is as slow as its database: use a fault on that")
        }
    }

    public func plan() async throws -> [Change] {
        if let cache = cache as? ControlledCache { return [try await delay(of: cache)] }
        guard let cache = cache as? RedisAccess else { return [] }
        return [
            Change(
                subject: "answers of \(cache.place)", prior: "at once", value: "after up to \(latency.short)",
                undo: .inProcess { [self] in await resume(cache) }
            ) { [self] in
                try await cycle.begin(every: CacheSlowFault.gap) { [self] in
                    try await cache.pause(for: latency)
                    await cycle.count("pauses", 1)
                    // Waits with everybody else.
                    let start = MonotonicClock.now()
                    try await cache.ping(within: latency + .seconds(5))
                    if MonotonicClock.now() - start >= latency / 2 { await cycle.count("late", 1) }
                }
            }
        ]
    }

    private func delay(of cache: ControlledCache) async throws -> Change {
        let prior = try await cache.delay()
        guard prior != latency else { throw FaultError("the delay of \(cache.place) is \(latency.short) already") }
        return Change(
            subject: "delay of \(cache.place)", prior: prior.short, value: latency.short,
            undo: .inProcess { [latency] in
                return await cache.takeBack {
                    let current = try await cache.delay()
                    guard current == latency else {
                        return current == prior ? .alreadyRestored : .conflict("the delay is \(current.short) now")
                    }
                    try await cache.setDelay(prior)
                    return try await cache.delay() == prior ? .restored : .failed("the delay is not \(prior.short)")
                }
            }
        ) { [latency, cycle] in
            try await cache.setDelay(latency)
            if try await cache.delay() == latency { await cycle.count("late", 1) }
        }
    }

    private func resume(_ cache: RedisAccess) async -> UndoOutcome {
        await cycle.end()
        return await cache.takeBack {
            try await cache.ping(within: latency + .seconds(5))
            let start = MonotonicClock.now()
            try await cache.ping(within: latency + .seconds(5))
            return MonotonicClock.now() - start < max(latency / 2, .milliseconds(50))
                ? .restored : .failed("\(cache.place) still answers late")
        }
    }

    public func observe() async throws -> Observation { await cycle.figures }

    public func verify(before: Observation, now: Observation) -> Verification {
        now["late"] ?? 0 > 0
            ? .seen("an access waited for up to \(latency.short)") : .notYet("answers do not come late so far")
    }
}
