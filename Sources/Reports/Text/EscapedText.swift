/// Text in which some characters have a spelling of their own.
///
/// Works on scalars: as characters, a quote followed by a combining mark would be one character and slip through.
struct EscapedText: CustomStringConvertible {
    let description: String

    /// - Parameter spellings: what to write for each of these characters.
    init(_ text: String, _ spellings: [Unicode.Scalar: String]) {
        var result = String.UnicodeScalarView()
        for scalar in VisibleText(text, keepsLines: true).description.unicodeScalars {
            if let spelling = spellings[scalar] {
                result.append(contentsOf: spelling.unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        description = String(result)
    }
}
