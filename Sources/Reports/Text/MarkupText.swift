/// Text for XML and HTML, as content or in a quoted attribute.
///
/// Works on scalars: as characters, a quote followed by a combining mark would be one character and slip through.
struct MarkupText: CustomStringConvertible {
    let description: String

    init(_ text: String) {
        var result = String.UnicodeScalarView()
        for scalar in VisibleText(text, keepsLines: true).description.unicodeScalars {
            switch scalar {
            case "&": result.append(contentsOf: "&amp;".unicodeScalars)
            case "<": result.append(contentsOf: "&lt;".unicodeScalars)
            case ">": result.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": result.append(contentsOf: "&quot;".unicodeScalars)
            case "'": result.append(contentsOf: "&#39;".unicodeScalars)
            // XML turns these into spaces in attributes unless they are written as references.
            case "\n": result.append(contentsOf: "&#10;".unicodeScalars)
            case "\t": result.append(contentsOf: "&#9;".unicodeScalars)
            default: result.append(scalar)
            }
        }
        description = String(result)
    }
}
