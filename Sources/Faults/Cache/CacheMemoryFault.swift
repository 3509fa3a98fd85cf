import Engine
import Journal
import Scenarios

/// Gives a Redis less memory, or another way to do without.
public struct CacheMemoryFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cache.memory",
        summary: "Changes how much memory a Redis may use (maxmemory), what it does when that is not enough "
            + "(maxmemory-policy), or both.",
        targets: [.redis],
        parameters: [
            ParameterSchema("maxMemory", .bytes, "Redis itself takes about 1 MiB of it."),
            ParameterSchema(
                "policy",
                .choice([
                    "noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu",
                    "volatile-random", "volatile-ttl",
                ]), "What goes first; noeviction refuses writes."),
        ],
        requirements: ["a Redis that the scenario starts"],
        verifiedBy: "CONFIG GET", undoneBy: "CONFIG SET of what was there; it ends with the run's Redis")

    private let redis: RedisAccess
    private let settings: [(name: String, value: String)]

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        redis = try target.requireRedis(for: specification.name)
        let memory = specification.parameters.bytes("maxMemory").map { ("maxmemory", "\($0)") }
        let policy = specification.parameters.text("policy").map { ("maxmemory-policy", $0) }
        settings = [memory, policy].compactMap { $0 }
        if settings.isEmpty { throw FaultError("\(specification.name): give maxMemory, policy, or both") }
    }

    public func plan() async throws -> [Change] {
        var changes: [Change] = []
        for (name, value) in settings {
            let prior = try await redis.setting(name)
            guard prior != value else { throw FaultError("\(name) is \(value) already: that is no fault") }
            changes.append(
                Change(
                    subject: "\(name) of \(redis.place)", prior: prior, value: value,
                    undo: .inProcess { [redis] in await CacheMemoryFault.restore(name, prior, value, redis) }
                ) { [redis] in
                    try await redis.set(name, value)
                    guard try await redis.setting(name) == value else { throw FaultError("\(name) did not change") }
                })
        }
        return changes
    }

    private static func restore(
        _ name: String, _ prior: String, _ injected: String, _ redis: RedisAccess
    ) async -> UndoOutcome {
        return await redis.takeBack {
            let current = try await redis.setting(name)
            if current == prior { return .alreadyRestored }
            guard current == injected else { return .conflict("\(name) is \(current) now: left alone") }
            try await redis.set(name, prior)
            return try await redis.setting(name) == prior ? .restored : .failed("\(name) is not \(prior)")
        }
    }

    public func observe() async throws -> Observation {
        var inForce = 0
        for (name, value) in settings where try await redis.setting(name) == value { inForce += 1 }
        return ["inForce": Double(inForce)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        now["inForce"] == Double(settings.count)
            ? .seen(settings.map { "\($0.name) is \($0.value)" }.joined(separator: ", "))
            : .notYet("CONFIG GET does not tell so")
    }
}
