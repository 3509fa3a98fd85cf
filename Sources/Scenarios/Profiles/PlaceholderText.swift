/// Text with placeholders in braces, such as `--port={port}`; `{{` and `}}` are the braces themselves.
public struct PlaceholderText: Hashable, Sendable, CustomStringConvertible {
    public enum Part: Hashable, Sendable {
        case literal(String)
        case name(String)
        /// `{random:1..1000}`: a whole number from the range.
        case random(ClosedRange<Int>)
    }

    /// What is wrong, and where in the text, in characters.
    struct Failure: Error {
        let message: String
        let offset: Int
    }

    public let parts: [Part]
    /// As it was written.
    public let description: String

    /// - Parameters:
    ///   - names: the placeholders that have a value here.
    ///   - drawsNumbers: whether `{random:A..B}` has one too.
    init(_ text: String, names: [String], drawsNumbers: Bool = false) throws(Failure) {
        var parts: [Part] = []
        var literal = ""
        var rest = Substring(text)
        while let character = rest.first {
            if rest.hasPrefix("{{") || rest.hasPrefix("}}") {
                literal.append(character)
                rest = rest.dropFirst(2)
            } else if character == "{" {
                guard let end = rest.firstIndex(of: "}") else {
                    throw Failure(
                        message: "a placeholder has no end; a brace itself is written {{",
                        offset: text.distance(from: text.startIndex, to: rest.startIndex))
                }
                let inner = String(rest[rest.index(after: rest.startIndex)..<end])
                guard let part = Self.part(inner, names: names, drawsNumbers: drawsNumbers) else {
                    let known = (names.sorted() + (drawsNumbers ? ["random:1..1000"] : [])).map { "{\($0)}" }
                    throw Failure(
                        message: "\"{\(inner)}\" has no value here; there are \(known.joined(separator: ", "))",
                        offset: text.distance(from: text.startIndex, to: rest.startIndex))
                }
                if !literal.isEmpty { parts.append(.literal(literal)) }
                literal = ""
                parts.append(part)
                rest = rest[rest.index(after: end)...]
            } else {
                literal.append(character)
                rest = rest.dropFirst()
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        self.parts = parts
        description = text
    }

    private static func part(_ inner: String, names: [String], drawsNumbers: Bool) -> Part? {
        if names.contains(inner) { return .name(inner) }
        guard drawsNumbers, let match = inner.wholeMatch(of: /random:(-?[0-9]+)\.\.(-?[0-9]+)/),
            let lower = Int(match.1), let upper = Int(match.2), lower <= upper
        else { return nil }
        return .random(lower...upper)
    }

    /// With a value for each placeholder.
    public func filled(_ value: (Part) -> String) -> String {
        parts.map { part in if case .literal(let text) = part { text } else { value(part) } }.joined()
    }
}
