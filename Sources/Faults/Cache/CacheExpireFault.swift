import Engine
import Scenarios

/// Ends the lifetimes of entries, at once or one after the other.
public struct CacheExpireFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cache.expire",
        summary: "Has entries of a cache expire, all at once or evenly spread over a time.",
        targets: [.cache],
        parameters: CacheSelection.parameters + [
            ParameterSchema("over", .duration, default: "0s", "From the first entry's end to the last one's.")
        ],
        requirements: ["entries that are there at that moment"],
        verifiedBy: "the entries' lifetimes, read back: gone, or shorter than that",
        undoneBy: "nothing: a cache fills again", isInstant: true)

    private let cache: any CacheAccess
    private let selection: CacheSelection
    private let over: Duration
    private let cycle = CacheCycle()

    /// As many are read back.
    private static let sample = 100

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cache = try target.requireCache(for: specification.name)
        selection = try CacheSelection(specification, on: target)
        over = specification.parameters.duration("over") ?? .zero
    }

    public func plan() async throws -> [Change] {
        [
            Change(
                subject: "lifetimes in \(cache.place)", prior: "as they are", value: "at most \(over.short)",
                undo: .nothing
            ) { [self] in
                let keys = try await selection.draw()
                let read = Array(keys.prefix(CacheExpireFault.sample))
                let before = try await cache.entries(read)
                await cycle.count("expired", try await cache.expire(keys, over: over))
                // What was loaded anew meanwhile is another entry.
                let after = try await cache.entries(read)
                let left = before.filter { after[$0.key]?.bytes == $0.value.bytes }
                let late = left.keys.filter { key in
                    after[key]?.remaining.map { $0 > over + .milliseconds(50) } ?? true
                }
                await cycle.count("late", late.count)
            }
        ]
    }

    public func observe() async throws -> Observation { await cycle.figures }

    public func verify(before: Observation, now: Observation) -> Verification {
        let expired = Int(now["expired"] ?? 0)
        guard expired > 0 else { return .notYet("the cache had no such entries") }
        let late = Int(now["late"] ?? 0)
        guard late == 0 else { return .notYet("\(late) entries that were read back live on") }
        return .seen("\(expired) entries expired within \(over.short)")
    }
}
