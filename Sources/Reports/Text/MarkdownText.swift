/// Text for one line of Markdown, such as a table's cell; shown as it is, whatever it holds.
struct MarkdownText: CustomStringConvertible {
    let description: String

    init(_ text: String) {
        var result = ""
        for character in VisibleText(text).description.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\\", "`", "*", "_", "[", "]", "|", "#", "~", "!", "$":
                result += "\\"
                result.unicodeScalars.append(character)
            // GitHub would turn these into mentions and links.
            case "@": result += "&#64;"
            default: result.unicodeScalars.append(character)
            }
        }
        description = result
    }
}
