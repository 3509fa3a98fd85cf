/// Makes characters visible that would steer a terminal, a parser or the reading direction instead of being shown.
///
/// Names and evidence come from processes and files under test, so they may hold anything.
struct VisibleText: CustomStringConvertible {
    let description: String

    /// - Parameter keepsLines: whether line feeds and tabs stay as they are.
    init(_ text: String, keepsLines: Bool = false) {
        let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        guard !isPlain else {
            description = text
            return
        }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x09, 0x0A:
                result.append(keepsLines ? scalar : VisibleText.picture(of: scalar.value))
            case 0..<0x20:
                result.append(VisibleText.picture(of: scalar.value))
            case 0x7F:
                result.append("\u{2421}")
            case 0x80..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0xFDD0...0xFDEF, 0xFEFF,
                _ where scalar.value & 0xFFFE == 0xFFFE:
                result.append("\u{FFFD}")
            default:
                result.append(scalar)
            }
        }
        description = String(result)
    }

    /// Unicode has a picture for each of the first 32 control characters.
    private static func picture(of control: UInt32) -> Unicode.Scalar {
        Unicode.Scalar(0x2400 + control) ?? "\u{FFFD}"
    }
}
