import LinuxSystem

/// The token that lets somebody see a watched run and halt it.
enum WatchToken {
    /// So many characters of an address are not guessed, and none of them needs an escape there.
    private static let length = 16...256
    private static let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")

    /// The one of a file; a new one when there is no file, or none is named. A new one is written to the file, for its
    /// owner alone to read.
    /// - Throws: `Refusal`, `SystemError`.
    static func from(_ file: String?) throws -> String {
        guard let file else { return made() }
        guard let bytes = try SystemFile.readIfPresent(file) else {
            let token = made()
            try SystemFile.replace(file, Array("\(token)\n".utf8))
            return token
        }
        var token = String(decoding: bytes, as: UTF8.self)[...]
        while token.last?.isNewline == true { token.removeLast() }
        guard length.contains(token.count), token.allSatisfy(allowed.contains) else { throw Refusal(file: file) }
        return String(token)
    }

    struct Refusal: Error, CustomStringConvertible {
        let file: String

        var description: String {
            "the token in \(file) is to be \(length.lowerBound) to \(length.upperBound) letters, digits, '-', '_' or "
                + "'.'; remove the file and a new one is made"
        }
    }

    private static func made() -> String {
        var generator = SystemRandomNumberGenerator()
        let text = (0..<2).map { _ in String(generator.next() as UInt64, radix: 36) }.joined()
        return String(repeating: "0", count: max(0, length.lowerBound - text.count)) + text
    }
}
