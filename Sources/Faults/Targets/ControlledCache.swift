import Engine
import Foundation
import NIOCore
import PlainHTTP

/// The cache in bookshop's own memory, over `POST /control/cache`.
public struct ControlledCache: CacheAccess {
    private let url: String
    private let token: String
    private let client = PlainHTTPClient()

    /// - Parameters:
    ///   - url: of the endpoint.
    ///   - token: what bookshop was given at its start.
    public init(url: String, token: String) {
        self.url = url
        self.token = token
    }

    public var place: String { "the cache in memory behind \(url)" }

    private struct Question: Encodable {
        var action: String
        var key: String?
        var keys: [String]?
        var value: String?
        var milliseconds: Int?
        var over: Int?
    }

    private struct Answer: Decodable {
        struct Entry: Decodable {
            var key: String
            var milliseconds: Int
        }

        var capacity: Int?
        var delay: Int?
        var entries: [Entry]?
        var value: String?
        var milliseconds: Int?
        var deleted: Int?
        var expired: Int?
        var evicted: Int?
    }

    public func keys(_ prefix: String, limit: Int) async throws -> [String] {
        try await list().filter { $0.key.hasPrefix(prefix) && $0.milliseconds > 0 }.prefix(limit).map(\.key)
    }

    private func list() async throws -> [Answer.Entry] {
        try await ask(Question(action: "list")).entries ?? []
    }

    public func entries(_ keys: [String]) async throws -> [String: CacheEntry] {
        var found: [String: CacheEntry] = [:]
        for key in keys {
            let answer = try await ask(Question(action: "get", key: key))
            guard let value = answer.value, let data = Data(base64Encoded: value), let rest = answer.milliseconds,
                rest > 0
            else { continue }
            found[key] = CacheEntry(bytes: Array(data), remaining: .milliseconds(rest))
        }
        return found
    }

    public func put(_ entry: CacheEntry, for key: String) async throws -> Int {
        let lifetime = Int((entry.remaining ?? .seconds(86_400)) / .milliseconds(1))
        let question = Question(
            action: "put", key: key, value: Data(entry.bytes).base64EncodedString(), milliseconds: max(1, lifetime))
        return try await ask(question).evicted ?? 0
    }

    public func delete(_ keys: [String]) async throws -> Int {
        try await ask(Question(action: "delete", keys: keys)).deleted ?? 0
    }

    public func expire(_ keys: [String], over time: Duration) async throws -> Int {
        let over = Int(time / .milliseconds(1))
        return try await ask(Question(action: "expire", keys: keys, milliseconds: 0, over: over)).expired ?? 0
    }

    public func figures() async throws -> Observation {
        ["entries": Double(try await list().count { $0.milliseconds > 0 })]
    }

    /// What is read most is most often the one that was read last.
    public func hottest(_ prefix: String) async throws -> String? {
        var counts: [String: Int] = [:]
        for _ in 0..<20 {
            if let first = try await list().first(where: { $0.key.hasPrefix(prefix) }) {
                counts[first.key, default: 0] += 1
            }
            try await Task.sleep(for: .milliseconds(25))
        }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }

    public func pressure() async throws -> CachePressure {
        let answer = try await ask(Question(action: "list"))
        guard let capacity = answer.capacity, capacity > 0 else { throw FaultError("\(place) keeps no entries") }
        return CachePressure(count: capacity, bytes: 16)
    }

    /// How long each access takes.
    func delay() async throws -> Duration {
        .milliseconds(try await ask(Question(action: "list")).delay ?? 0)
    }

    func setDelay(_ delay: Duration) async throws {
        _ = try await ask(Question(action: "delay", milliseconds: Int(delay / .milliseconds(1))))
    }

    private func send(_ question: Question) async throws -> HTTPAnswer {
        try await client.send(
            .POST, url, headers: ["Authorization": "Bearer \(token)", "Content-Type": "application/json"],
            body: ByteBuffer(bytes: try JSONEncoder().encode(question)), limit: 64 << 20, within: .seconds(5))
    }

    private func ask(_ question: Question) async throws -> Answer {
        let answer: HTTPAnswer
        do {
            answer = try await send(question)
        } catch HTTPFailure.disconnected {
            // A connection from before that bookshop has closed meanwhile, perhaps by its end: a new one tells. Nothing
            // that is asked for does harm when it is done twice.
            answer = try await send(question)
        }
        guard answer.status == 200 else {
            let said = String(buffer: answer.body).prefix(200)
            throw FaultError("\(place) answered \(question.action) with \(answer.status): \(said)")
        }
        return try JSONDecoder().decode(Answer.self, from: Data(answer.body.readableBytesView))
    }
}
