/// A JSON value with placeholders in its texts.
public indirect enum ValueTemplate: Hashable, Sendable {
    case null
    case flag(Bool)
    /// As it was written.
    case number(String)
    case text(PlaceholderText)
    case list([ValueTemplate])
    case object([String: ValueTemplate])

    /// Every placeholder in it.
    var placeholders: [PlaceholderText.Part] {
        switch self {
        case .null, .flag, .number: []
        case .text(let text): text.parts.filter { if case .literal = $0 { false } else { true } }
        case .list(let items): items.flatMap(\.placeholders)
        case .object(let entries): entries.sorted { $0.key < $1.key }.flatMap(\.value.placeholders)
        }
    }
}
