import Hummingbird
import Logging

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `POST /control/cache`: lets whoever has the token spoil the cache in memory as others spoil a Redis.
///
/// The body is one JSON object with an `action`:
/// - `list`: the entries' keys and what is left of their lifetimes, the most recently used first;
/// - `get` a `key`: its bytes in Base64;
/// - `put` a `key`: the `value` in Base64, for `milliseconds`;
/// - `delete` the `keys`; `expire` them in `milliseconds`, each a little later than the one before when `over` is more
///   than that, so that the last one expires after `over`;
/// - `capacity`: at most so many `entries` from now on;
/// - `delay` each access by `milliseconds`.
struct CacheControl: Sendable {
    let store: MemoryStore
    let token: String

    private static let maximumBodyBytes = 16 << 20

    private struct Refusal: Error {
        let message: String
    }

    func respond(to request: Request) async -> Response {
        guard isAuthorized(request) else { return .text("the token is missing or wrong\n", .unauthorized) }
        do {
            let body = try await request.body.collect(upTo: Self.maximumBodyBytes)
            return .json(try perform(Array(body.readableBytesView)))
        } catch let refusal as Refusal {
            return .text("\(refusal.message)\n", .badRequest)
        } catch {
            return .text("the body could not be read: \(error)\n", .badRequest)
        }
    }

    private func isAuthorized(_ request: Request) -> Bool {
        let given = Array((request.headers[.authorization] ?? "").utf8)
        let expected = Array("Bearer \(token)".utf8)
        guard given.count == expected.count else { return false }
        // In the same time wherever they differ.
        return zip(given, expected).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func perform(_ body: [UInt8]) throws(Refusal) -> [UInt8] {
        let question: GraphQLValue
        do throws(JSONReader.Failure) {
            question = try JSONReader.read(body)
        } catch {
            throw Refusal(message: "the body is not JSON: \(error.message) at byte \(error.offset)")
        }
        switch try text("action", of: question) {
        case "list": return list()
        case "get": return try get(try text("key", of: question))
        case "put":
            guard let value = Data(base64Encoded: try text("value", of: question)) else {
                throw Refusal(message: "\"value\" is no Base64")
            }
            let milliseconds = try number("milliseconds", of: question, within: 1...86_400_000)
            return answer(
                "evicted",
                store.put(Array(value), for: try text("key", of: question), lifetime: .milliseconds(milliseconds)))
        case "delete": return answer("deleted", store.delete(try keys(of: question)))
        case "expire": return try expire(question)
        case "capacity":
            return answer("evicted", store.resize(to: Int(try number("entries", of: question, within: 0...1_000_000))))
        case "delay":
            store.delay = .milliseconds(try number("milliseconds", of: question, within: 0...3_600_000))
            return answer("milliseconds", Int(store.delay / .milliseconds(1)))
        case let other: throw Refusal(message: "there is no action \"\(other)\"")
        }
    }

    private func expire(_ question: GraphQLValue) throws(Refusal) -> [UInt8] {
        let keys = try keys(of: question)
        let first = try number("milliseconds", of: question, within: 0...86_400_000)
        let last = question["over"] == nil ? first : try number("over", of: question, within: 0...86_400_000)
        var count = 0
        for (index, key) in keys.enumerated() {
            let step = keys.count > 1 ? (max(first, last) - first) * Int64(index) / Int64(keys.count - 1) : 0
            if store.expire(key, in: .milliseconds(first + step)) { count += 1 }
        }
        return answer("expired", count)
    }

    private func list() -> [UInt8] {
        var json = JSONWriter()
        json.raw("{\"capacity\":")
        json.number("\(store.capacity)")
        json.raw(",\"delay\":")
        json.number("\(Int64(store.delay / .milliseconds(1)))")
        json.raw(",\"entries\":[")
        var isFirst = true
        for entry in store.list() {
            json.separator(isFirst: &isFirst)
            json.raw("{\"key\":")
            json.string(entry.key)
            json.raw(",\"milliseconds\":")
            json.number("\(Int64(entry.remaining / .milliseconds(1)))")
            json.raw("}")
        }
        json.raw("]}")
        return json.bytes
    }

    private func get(_ key: String) throws(Refusal) -> [UInt8] {
        guard let (bytes, remaining) = store.value(of: key) else { return Array("{}".utf8) }
        var json = JSONWriter()
        json.raw("{\"value\":")
        json.string(Data(bytes).base64EncodedString())
        json.raw(",\"milliseconds\":")
        json.number("\(Int64(remaining / .milliseconds(1)))")
        json.raw("}")
        return json.bytes
    }

    private func answer(_ name: String, _ number: Int) -> [UInt8] {
        var json = JSONWriter()
        var isFirst = true
        json.raw("{")
        json.key(name, isFirst: &isFirst)
        json.number("\(number)")
        json.raw("}")
        return json.bytes
    }

    private func text(_ name: String, of question: GraphQLValue) throws(Refusal) -> String {
        guard case .string(let text) = question[name] else { throw Refusal(message: "\"\(name)\" must be a text") }
        return text
    }

    private func keys(of question: GraphQLValue) throws(Refusal) -> [String] {
        guard case .list(let values) = question["keys"] else {
            throw Refusal(message: "\"keys\" must be a list of texts")
        }
        return values.compactMap { if case .string(let key) = $0 { key } else { nil } }
    }

    private func number(
        _ name: String, of question: GraphQLValue, within range: ClosedRange<Int64>
    ) throws(Refusal) -> Int64 {
        guard case .int(let number) = question[name], range.contains(number) else {
            throw Refusal(message: "\"\(name)\" must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
