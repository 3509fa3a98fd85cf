import Engine
import Scenarios

/// Deletes entries, once or again and again.
public struct CacheInvalidateFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cache.invalidate",
        summary: "Deletes all or a share of a cache's entries, once or again and again.",
        targets: [.cache],
        parameters: CacheSelection.parameters + [
            ParameterSchema("every", .duration, default: "0s", "From one time to the next; 0s for once.")
        ],
        requirements: ["entries that are there"],
        verifiedBy: "the cache's own count of what it deleted",
        undoneBy: "nothing: a cache fills again; the deleting ends")

    private let cache: any CacheAccess
    private let selection: CacheSelection
    private let pause: Duration?
    private let cycle = CacheCycle()

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cache = try target.requireCache(for: specification.name)
        selection = try CacheSelection(specification, on: target)
        let every = specification.parameters.duration("every") ?? .zero
        pause = every > .zero ? every : nil
    }

    public func plan() async throws -> [Change] {
        [
            Change(
                subject: "entries in \(cache.place)", prior: "there",
                value: "deleted\(pause.map { " every \($0.short)" } ?? "")",
                undo: .inProcess { [cycle] in
                    await cycle.end()
                    return .restored
                }
            ) { [self] in
                try await cycle.begin(every: pause) { [self] in
                    await cycle.count("deleted", try await cache.delete(try await selection.draw()))
                }
            }
        ]
    }

    public func observe() async throws -> Observation { await cycle.figures }

    public func verify(before: Observation, now: Observation) -> Verification {
        let deleted = Int(now["deleted"] ?? 0)
        return deleted > 0
            ? .seen("\(deleted) entries deleted in \(Int(now["passes"] ?? 0)) passes")
            : .notYet("there was no entry to delete so far")
    }
}
