import Engine
import Journal
import Scenarios

/// Fills a cache with entries of somebody else.
public struct CacheEvictFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cache.evict",
        summary: "Fills a cache with foreign entries, as much as it holds and again and again, so that it drops others "
            + "to make room.",
        targets: [.cache],
        parameters: [ParameterSchema("every", .duration, default: "1s", "From one filling to the next.")],
        requirements: ["a cache with a bound: of a Redis maxmemory, with a policy that evicts"],
        verifiedBy: "the cache's own count of entries that it dropped (evicted_keys of INFO)",
        undoneBy: "deleting the foreign entries, which also expire by themselves after a minute")

    private let cache: any CacheAccess
    private let pause: Duration
    private let prefix: String
    private let cycle = CacheCycle()

    private static let lifetime = Duration.seconds(60)

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cache = try target.requireCache(for: specification.name)
        pause = specification.parameters.duration("every") ?? .seconds(1)
        prefix = "brink-\(specification.id)-"
    }

    public func plan() async throws -> [Change] {
        let pressure = try await cache.pressure()
        return [
            Change(
                subject: "room in \(cache.place)", prior: "its own",
                value: "\(pressure.count) foreign entries of \(pressure.bytes) B",
                undo: .inProcess { [self] in await remove() }
            ) { [self] in
                let filler = [UInt8](repeating: UInt8(ascii: "x"), count: pressure.bytes)
                try await cycle.begin(every: pause) { [self] in
                    for number in 0..<pressure.count {
                        try Task.checkCancellation()
                        let entry = CacheEntry(bytes: filler, remaining: CacheEvictFault.lifetime)
                        await cycle.count("told", try await cache.put(entry, for: "\(prefix)\(number)"))
                    }
                }
            }
        ]
    }

    private func remove() async -> UndoOutcome {
        await cycle.end()
        return await cache.takeBack {
            _ = try await cache.delete(try await cache.keys(prefix, limit: 1_000_000))
            let left = try await cache.keys(prefix, limit: 10).count
            return left == 0 ? .restored : .failed("foreign entries are left in \(cache.place)")
        }
    }

    public func observe() async throws -> Observation {
        var figures = (try? await cache.figures()) ?? [:]
        figures.merge(await cycle.figures) { $1 }
        return figures
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        // What the cache counts itself, or what it told each time.
        let counted = (now["evicted"] ?? 0) - (before["evicted"] ?? 0)
        let evicted = Int(max(counted, now["told"] ?? 0))
        return evicted > 0 ? .seen("\(evicted) entries were dropped") : .notYet("no entry was dropped so far")
    }
}
