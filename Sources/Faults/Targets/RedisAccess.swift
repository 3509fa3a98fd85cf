import Engine
import LinuxSystem
import Redis
import Synchronization

/// A Redis, over its own commands.
public struct RedisAccess: CacheAccess {
    /// A Redis that was started for the run, which can be ended and started again.
    public final class Server: Sendable {
        private let current: Mutex<ProcessIdentity>
        private let start: @Sendable () throws -> ProcessIdentity

        /// - Parameter start: starts it as it was started.
        public init(_ process: ProcessIdentity, start: @escaping @Sendable () throws -> ProcessIdentity) {
            current = Mutex(process)
            self.start = start
        }

        public var process: ProcessIdentity { current.withLock { $0 } }

        func restart() throws {
            let process = try start()
            current.withLock { $0 = process }
        }
    }

    /// `host:port`, past everything that is disturbed.
    public let address: String
    /// Nil for one that runs already.
    public let server: Server?
    let client: RedisClient

    public init(address: String, server: Server? = nil) {
        self.address = address
        self.server = server
        client = RedisClient(address: address)
    }

    public var place: String { "the Redis at \(address)" }

    /// Commands whose answers are long, on a server that others press on.
    private static let patience = Duration.seconds(5)
    private static let batch = 500

    public func keys(_ prefix: String, limit: Int) async throws -> [String] {
        var found: Set<String> = []
        var cursor = "0"
        repeat {
            let answer = try await client.send(
                "SCAN", cursor, "MATCH", RedisAccess.escaped(prefix) + "*", "COUNT", "1000",
                within: RedisAccess.patience)
            guard let parts = answer.elements, parts.count == 2, let next = parts[0].text else {
                throw FaultError("\(place) answered SCAN with something else")
            }
            // SCAN may give a key twice.
            found.formUnion(parts[1].elements?.compactMap(\.text) ?? [])
            cursor = next
        } while cursor != "0" && found.count < limit
        return Array(found.sorted().prefix(limit))
    }

    /// What would be a pattern is meant as it is.
    private static func escaped(_ prefix: String) -> String {
        prefix.reduce(into: "") { text, character in
            if "*?[]\\^".contains(character) { text += "\\" }
            text.append(character)
        }
    }

    public func entries(_ keys: [String]) async throws -> [String: CacheEntry] {
        var found: [String: CacheEntry] = [:]
        for key in keys {
            let lifetime = try await client.send("PTTL", key, within: RedisAccess.patience).number ?? -1
            do throws(RedisError) {
                guard case .bulk(let bytes) = try await client.send("GET", key, within: RedisAccess.patience) else {
                    continue
                }
                found[key] = CacheEntry(bytes: bytes, remaining: lifetime >= 0 ? .milliseconds(lifetime) : nil)
            } catch {
                // A list or a hash is no entry of a cache that keeps strings.
                guard error.isReply else { throw error }
            }
        }
        return found
    }

    public func put(_ entry: CacheEntry, for key: String) async throws -> Int {
        var words = [Array("SET".utf8), Array(key.utf8), entry.bytes]
        if let remaining = entry.remaining {
            words += [Array("PX".utf8), Array("\(max(1, Int64(remaining / .milliseconds(1))))".utf8)]
        }
        try await client.send(words, within: RedisAccess.patience)
        return 0
    }

    public func delete(_ keys: [String]) async throws -> Int {
        var count = 0
        for start in stride(from: 0, to: keys.count, by: RedisAccess.batch) {
            let words = ["DEL"] + keys[start..<min(keys.count, start + RedisAccess.batch)]
            let answer = try await client.send(words.map { Array($0.utf8) }, within: RedisAccess.patience)
            count += Int(answer.number ?? 0)
        }
        return count
    }

    public func expire(_ keys: [String], over time: Duration) async throws -> Int {
        var count = 0
        for (index, key) in keys.enumerated() {
            let rest = keys.count > 1 ? time * (Double(index) / Double(keys.count - 1)) : time
            let milliseconds = max(1, Int64(rest / .milliseconds(1)))
            count += Int(
                try await client.send("PEXPIRE", key, "\(milliseconds)", within: RedisAccess.patience).number ?? 0)
        }
        return count
    }

    public func figures() async throws -> Observation {
        let information = try await client.information()
        var figures: Observation = ["entries": Double(information.keys)]
        figures["evicted"] = information.number("evicted_keys")
        figures["hits"] = information.number("keyspace_hits")
        figures["misses"] = information.number("keyspace_misses")
        figures["expired"] = information.number("expired_keys")
        return figures
    }

    public func hottest(_ prefix: String) async throws -> String? {
        let reads = try await RedisMonitor(address: address).reads(for: .milliseconds(500))
        let counts = reads.filter { $0.key.hasPrefix(prefix) }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }

    public func pressure() async throws -> CachePressure {
        let limit = Int(try await setting("maxmemory")) ?? 0
        guard limit > 0 else {
            throw FaultError("\(place) has no maxmemory, so it never evicts: give it one (redis: {maxMemory: 4MiB})")
        }
        guard try await setting("maxmemory-policy") != "noeviction" else {
            throw FaultError("\(place) has the policy noeviction: it refuses writes when it is full and evicts nothing")
        }
        let bytes = 64 << 10
        return CachePressure(count: limit / bytes + 1, bytes: bytes)
    }

    func setting(_ name: String) async throws -> String {
        let answer = try await client.send("CONFIG", "GET", name)
        guard let parts = answer.elements, parts.count == 2, let value = parts[1].text else {
            throw FaultError("\(place) does not tell its \(name)")
        }
        return value
    }

    func set(_ name: String, _ value: String) async throws {
        try await client.send("CONFIG", "SET", name, value)
    }

    func ping(within time: Duration) async throws {
        try await client.send("PING", within: time)
    }

    /// Has it carry out no command for a while.
    func pause(for time: Duration) async throws {
        try await client.send("CLIENT", "PAUSE", "\(Int64(time / .milliseconds(1)))", "ALL", within: time + .seconds(5))
    }

    /// Puts a list where a string was.
    func makeList(_ key: String, expiringIn time: Duration) async throws {
        try await client.send("DEL", key)
        try await client.send("RPUSH", key, "poison")
        try await client.send("PEXPIRE", key, "\(Int64(time / .milliseconds(1)))")
    }

    /// Deletes those of the keys that hold a list.
    func deleteLists(_ keys: [String]) async throws -> Int {
        var lists: [String] = []
        for key in keys where try await client.send("TYPE", key).text == "list" { lists.append(key) }
        return lists.isEmpty ? 0 : try await delete(lists)
    }
}
