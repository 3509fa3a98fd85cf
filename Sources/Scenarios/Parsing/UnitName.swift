/// Names of units of systemd (systemd.unit(5), "Description").
enum UnitName {
    /// The kinds that processes live in.
    static let kinds = ["service", "scope", "slice"]

    /// As a regular expression, for the schema.
    static let pattern = "^[A-Za-z0-9:_.\\\\@-]+\\.(\(kinds.joined(separator: "|")))$"

    /// Whether a text is the name of a unit with its kind. Patterns and names that systemctl would complete are not.
    static func isWhole(_ text: String) -> Bool {
        guard let dot = text.lastIndex(of: "."), dot != text.startIndex, text.utf8.count < 256 else { return false }
        return kinds.contains(String(text[text.index(after: dot)...]))
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || ":_.\\@-".contains($0)) }
    }
}
