import Foundation
import SeededRandom
import Scenarios

/// A request of a profile with its placeholders filled, ready to be sent.
struct ProfiledRequest: Sendable {
    let method: String
    /// Of its URL, from the slash on.
    let path: String
    /// JSON; nil for a request without a body.
    let body: Data?
    /// Of a write.
    let key: String?
    let answer: [String]
    /// What the value at the answer's path must be, as text.
    let expected: String?

    /// - Parameters:
    ///   - endpoint: path of GraphQL.
    ///   - key: that of the write.
    ///   - generator: draws the numbers, one for each range that the request names.
    init(
        _ request: TargetProfile.Request, endpoint: String, key: String, _ generator: inout SeededGenerator
    ) {
        var drawn: [ClosedRange<Int>: Int] = [:]
        for case .random(let range) in request.drawnParts where drawn[range] == nil {
            drawn[range] = Int.random(in: range, using: &generator)
        }
        let value = { (part: PlaceholderText.Part) -> String in
            switch part {
            case .literal(let text): text
            case .name: key
            case .random(let range): String(drawn[range] ?? range.lowerBound)
            }
        }
        switch request.content {
        case .graphQL(let query, let variables):
            method = "POST"
            path = endpoint
            body = Self.json(["query": query, "variables": Self.object(variables, value)])
        case .plain(let verb, let place, let content):
            method = verb
            path = place.filled(value)
            body = content.map { Self.json(Self.object($0, value)) }
        }
        self.key = request.isWrite ? key : nil
        answer = request.answer
        expected = request.equals?.filled(value)
    }

    private static func json(_ object: Any) -> Data {
        // Made of nothing but JSON's own kinds of values, so it can always be written.
        (try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .fragmentsAllowed])) ?? Data()
    }

    private static func object(_ template: ValueTemplate, _ value: (PlaceholderText.Part) -> String) -> Any {
        switch template {
        case .null: return NSNull()
        case .flag(let flag): return flag
        case .number(let text):
            if let whole = Int(text) { return whole }
            return Double(text) ?? 0.0
        case .text(let text):
            // A number that stands alone is one.
            if text.parts.count == 1, case .random? = text.parts.first { return Int(text.filled(value)) ?? 0 }
            return text.filled(value)
        case .list(let items): return items.map { object($0, value) }
        case .object(let entries): return entries.mapValues { object($0, value) }
        }
    }
}
