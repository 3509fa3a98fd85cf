import Foundation

/// One request of a profile that is the same whenever it is sent, for clients that a fault adds to the load.
///
/// Each number that the load would draw is the lowest of its range, and a write has one and the same key.
struct ProfileQuestion {
    let path: String
    /// JSON; nil for a request without a body.
    let body: String?

    static let key = "one-and-the-same"

    init(_ request: TargetProfile.Request, endpoint: String) {
        switch request.content {
        case .graphQL(let query, let variables):
            path = endpoint
            body = Self.json(["query": query, "variables": Self.object(variables)])
        case .plain(_, let place, let content):
            path = place.filled(Self.value)
            body = content.map { Self.json(Self.object($0)) }
        }
    }

    private static func value(_ part: PlaceholderText.Part) -> String {
        switch part {
        case .literal(let text): text
        case .name: key
        case .random(let range): String(range.lowerBound)
        }
    }

    private static func json(_ object: Any) -> String {
        // Made of nothing but JSON's own kinds of values, so it can always be written.
        let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .fragmentsAllowed])
        return String(decoding: data ?? Data(), as: UTF8.self)
    }

    private static func object(_ template: ValueTemplate) -> Any {
        switch template {
        case .null: return NSNull()
        case .flag(let flag): return flag
        case .number(let text):
            if let whole = Int(text) { return whole }
            return Double(text) ?? 0.0
        case .text(let text):
            // A number that stands alone is one.
            if text.parts.count == 1, case .random(let range)? = text.parts.first { return range.lowerBound }
            return text.filled(value)
        case .list(let items): return items.map(object)
        case .object(let entries): return entries.mapValues(object)
        }
    }
}
