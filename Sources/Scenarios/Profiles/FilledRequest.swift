import Foundation

/// A request of a profile with its placeholders filled.
public struct FilledRequest: Sendable {
    public let method: String
    /// Of its URL, from the slash on.
    public let path: String
    /// JSON; nil for a request without a body.
    public let body: Data?

    /// - Parameters:
    ///   - endpoint: path of GraphQL.
    ///   - value: the text of each placeholder; a literal's is its own.
    public init(
        _ content: TargetProfile.Request.Content, endpoint: String, _ value: (PlaceholderText.Part) -> String
    ) {
        switch content {
        case .graphQL(let query, let variables):
            method = "POST"
            path = endpoint
            body = Self.json(["query": query, "variables": Self.object(variables, value)])
        case .plain(let verb, let place, let content):
            method = verb
            path = place.filled(value)
            body = content.map { Self.json(Self.object($0, value)) }
        }
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
