import Engine
import Scenarios

/// Deletes the one entry that everybody reads, again and again.
public struct CacheStampedeFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cache.stampede",
        summary: "Deletes the entry that is read most again and again, so that all who read it miss it together.",
        targets: [.cache],
        parameters: [
            ParameterSchema(
                "key", .text,
                "The entry's key, or its beginning; without it, the key that is read most in half a second "
                    + "(a table does not tell)."),
            ParameterSchema("every", .duration, default: "500ms", "From one time to the next."),
        ],
        requirements: ["an entry that is read"],
        verifiedBy: "the cache's own count of what it deleted",
        undoneBy: "nothing: a cache fills again; the deleting ends")

    private let cache: any CacheAccess
    private let key: String?
    private let pause: Duration
    private let cycle = CacheCycle()
    private let choice = Choice()

    private actor Choice {
        private(set) var key: String?
        private var wasThere = false

        func choose(_ key: String) { self.key = key }

        /// The one that is read most may have been away when it was looked for, and another one have been chosen that
        /// goes before it was ever met and that nobody reads again.
        func note(wasThere: Bool) {
            self.wasThere = self.wasThere || wasThere
            if !self.wasThere { key = nil }
        }
    }

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cache = try target.requireCache(for: specification.name)
        key = specification.parameters.text("key")
        pause = specification.parameters.duration("every") ?? .milliseconds(500)
        guard pause > .zero else { throw FaultError("\(specification.name): `every` must be more than nothing") }
    }

    public func plan() async throws -> [Change] {
        [
            Change(
                subject: "the hottest entry in \(cache.place)", prior: "there", value: "deleted every \(pause.short)",
                undo: .inProcess { [cycle] in
                    await cycle.end()
                    return .restored
                }
            ) { [self] in
                try await cycle.begin(every: pause) { [self] in
                    guard let victim = try await victim() else { return }
                    let deleted = try await cache.delete([victim])
                    await cycle.count("deleted", deleted)
                    await choice.note(wasThere: deleted > 0)
                }
            }
        ]
    }

    /// Chosen once; until one was met, each pass looks again.
    private func victim() async throws -> String? {
        if let chosen = await choice.key { return chosen }
        let found: String?
        if let key { found = try await cache.keys(key, limit: 1).first } else { found = try await cache.hottest("") }
        if let found { await choice.choose(found) }
        return found
    }

    public func observe() async throws -> Observation { await cycle.figures }

    public func verify(before: Observation, now: Observation) -> Verification {
        let deleted = Int(now["deleted"] ?? 0)
        return deleted > 0 ? .seen("the entry was deleted \(deleted) times") : .notYet("no entry was met so far")
    }
}
