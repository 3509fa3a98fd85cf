import Mustache

/// Escapes every variable of the page, and makes control characters visible.
struct PageEscaping: MustacheContentType {
    /// The name that the template asks for.
    static let name = "BRINK-HTML"

    func escapeText(_ text: String) -> String { MarkupText(text).description }
}
