import Engine
import Journal
import Scenarios

/// Puts entries back that a write has made stale.
public struct CacheStaleFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cache.stale",
        summary:
            "Keeps entries as they were first seen and puts them back whenever they were deleted or replaced, as a "
            + "slow reader or a replica that lags does after a write.",
        targets: [.cache],
        parameters: [
            ParameterSchema("prefix", .text, "Only entries whose keys begin so; all when it is left out."),
            ParameterSchema("every", .duration, default: "100ms", "From one look to the next."),
            ParameterSchema("entries", .integer(1...10_000), default: "200", "The most entries that are kept."),
        ],
        requirements: ["entries that are there"],
        verifiedBy: "counting the entries that were put back and read back",
        undoneBy: "deleting what was put back; it expires by itself within a minute")

    private let cache: any CacheAccess
    private let prefix: String
    private let pause: Duration
    private let limit: Int
    private let cycle = CacheCycle()
    private let kept = Kept()

    private actor Kept {
        var entries: [String: [UInt8]] = [:]
        var putBack: Set<String> = []

        func keep(_ key: String, _ bytes: [UInt8]) { entries[key] = bytes }
        func note(_ key: String) { putBack.insert(key) }
    }

    private static let lifetime = Duration.seconds(60)

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cache = try target.requireCache(for: specification.name)
        prefix = specification.parameters.text("prefix") ?? ""
        pause = max(specification.parameters.duration("every") ?? .milliseconds(100), .milliseconds(1))
        limit = specification.parameters.integer("entries") ?? 200
    }

    public func plan() async throws -> [Change] {
        [
            Change(
                subject: "deleted entries of \(cache.place)", prior: "deleted", value: "put back as they were",
                undo: .inProcess { [self] in await remove() }
            ) { [self] in
                try await cycle.begin(every: pause) { [self] in try await pass() }
            }
        ]
    }

    private func pass() async throws {
        var known = await kept.entries
        if known.count < limit {
            let unknown = try await cache.keys(prefix, limit: limit).filter { known[$0] == nil }
            for (key, entry) in try await cache.entries(Array(unknown.prefix(limit - known.count))) {
                await kept.keep(key, entry.bytes)
                known[key] = entry.bytes
            }
        }
        let now = try await cache.entries(Array(known.keys))
        for (key, bytes) in known where now[key]?.bytes != bytes {
            await kept.note(key)
            let entry = CacheEntry(bytes: bytes, remaining: CacheStaleFault.lifetime)
            _ = try await cache.put(entry, for: key)
            let back = try await cache.entries([key])[key]
            if back?.bytes == bytes { await cycle.count("put", 1) }
        }
    }

    private func remove() async -> UndoOutcome {
        await cycle.end()
        return await cache.takeBack {
            let entries = await kept.entries
            let keys = Array(await kept.putBack)
            let now = try await cache.entries(keys)
            _ = try await cache.delete(keys.filter { now[$0]?.bytes == entries[$0] })
            return .restored
        }
    }

    public func observe() async throws -> Observation { await cycle.figures }

    public func verify(before: Observation, now: Observation) -> Verification {
        let count = Int(now["put"] ?? 0)
        return count > 0 ? .seen("\(count) entries were put back") : .notYet("no entry was deleted or replaced so far")
    }
}
