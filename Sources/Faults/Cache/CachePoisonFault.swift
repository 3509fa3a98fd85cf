import Engine
import Journal
import Scenarios

/// Replaces entries by something that was never put there.
public struct CachePoisonFault: FaultKind {
    public static let schema = FaultSchema(
        name: "cache.poison",
        summary: "Replaces entries of a cache: by a wrong value that is still well formed, by garbage, by their first "
            + "half, or by a value of another type.",
        targets: [.cache],
        parameters: CacheSelection.parameters + [
            ParameterSchema(
                "kind", .choice(["wrong", "garbage", "truncated", "type"]), default: "wrong",
                "wrong: other digits in a text of JSON or the like; type: a list, in a Redis only."),
            ParameterSchema("every", .duration, default: "0s", "From one time to the next; 0s for once."),
        ],
        requirements: ["entries that are there"],
        verifiedBy: "reading poisoned entries back",
        undoneBy: "deleting the poisoned entries that are still there; they expire by themselves within a minute")

    private let cache: any CacheAccess
    private let redis: RedisAccess?
    private let selection: CacheSelection
    private let kind: String
    private let pause: Duration?
    private let cycle = CacheCycle()
    private let poisoned = Poisoned()

    private actor Poisoned {
        var entries: [String: [UInt8]] = [:]

        func add(_ key: String, _ bytes: [UInt8]) { entries[key] = bytes }
    }

    private static let longest = Duration.seconds(60)

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cache = try target.requireCache(for: specification.name)
        selection = try CacheSelection(specification, on: target)
        kind = specification.parameters.text("kind") ?? "wrong"
        let every = specification.parameters.duration("every") ?? .zero
        pause = every > .zero ? every : nil
        redis = cache as? RedisAccess
        if kind == "type", redis == nil {
            throw FaultError("\(specification.name): \(cache.place) has values of one type only: choose another kind")
        }
    }

    public func plan() async throws -> [Change] {
        [
            Change(
                subject: "values in \(cache.place)", prior: "what was put there", value: kind,
                undo: .inProcess { [self] in await remove() }
            ) { [self] in
                try await cycle.begin(every: pause) { [self] in try await poison(try await selection.draw()) }
            }
        ]
    }

    private func poison(_ keys: [String]) async throws {
        for key in keys {
            guard let entry = try await cache.entries([key])[key] else { continue }
            let known = await poisoned.entries[key]
            if known == entry.bytes { continue }
            if kind == "type", let redis {
                await poisoned.add(key, [])
                try await redis.makeList(key, expiringIn: CachePoisonFault.longest)
            } else {
                let bytes = CachePoisonFault.spoil(entry.bytes, kind)
                if bytes == entry.bytes { continue }
                // It must be taken back however far this comes.
                await poisoned.add(key, bytes)
                let remaining = min(entry.remaining ?? CachePoisonFault.longest, CachePoisonFault.longest)
                _ = try await cache.put(CacheEntry(bytes: bytes, remaining: remaining), for: key)
            }
            await cycle.count("poisoned", 1)
        }
    }

    /// What is put in an entry's place.
    static func spoil(_ bytes: [UInt8], _ kind: String) -> [UInt8] {
        switch kind {
        case "garbage": return Array("\u{1}garbage, as of a broken writer \u{7f}}{".utf8)
        case "truncated": return Array(bytes.prefix(bytes.count / 2))
        default:
            // What stands before an object or a list, as a header of the writer's own, is left as it is.
            let start = bytes.firstIndex { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") } ?? 0
            return Array(bytes[..<start]) + bytes[start...].map(otherDigit)
        }
    }

    /// 1 for 9, else the next one; a number that has no leading zero gets none.
    private static func otherDigit(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "1")...UInt8(ascii: "8"): byte + 1
        case UInt8(ascii: "9"): UInt8(ascii: "1")
        default: byte
        }
    }

    private func remove() async -> UndoOutcome {
        await cycle.end()
        return await cache.takeBack {
            let poisoned = await poisoned.entries
            let keys = Array(poisoned.keys)
            if kind == "type", let redis {
                _ = try await redis.deleteLists(keys)
            } else {
                let now = try await cache.entries(keys)
                // What was loaded anew meanwhile is the service's own.
                _ = try await cache.delete(keys.filter { now[$0]?.bytes == poisoned[$0] })
            }
            return .restored
        }
    }

    public func observe() async throws -> Observation { await cycle.figures }

    public func verify(before: Observation, now: Observation) -> Verification {
        let count = Int(now["poisoned"] ?? 0)
        return count > 0 ? .seen("\(count) entries were replaced (\(kind))") : .notYet("there was no entry so far")
    }
}
