/// A glob over SQL text that was normalized: `*` is any text, `?` one character.
struct TextPattern: Sendable {
    private let pattern: [UInt8]

    init(_ pattern: String) {
        self.pattern = SQLScript.normalized(Array(pattern.utf8)[...])
    }

    func matches(_ text: [UInt8]) -> Bool {
        var place = 0
        var next = 0
        // Where to go on after the last star when the rest doesn't fit: one character later than tried before.
        var star: (next: Int, place: Int)?
        while place < text.count {
            if next < pattern.count, pattern[next] == UInt8(ascii: "*") {
                next += 1
                star = (next, place)
            } else if next < pattern.count, pattern[next] == UInt8(ascii: "?") {
                next += 1
                place = TextPattern.end(ofCharacterAt: place, in: text)
            } else if next < pattern.count, pattern[next] == text[place] {
                next += 1
                place += 1
            } else if let last = star {
                place = TextPattern.end(ofCharacterAt: last.place, in: text)
                next = last.next
                star = (next, place)
            } else {
                return false
            }
        }
        return pattern[next...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// UTF-8: bytes 10xxxxxx go on with a character.
    private static func end(ofCharacterAt place: Int, in text: [UInt8]) -> Int {
        var end = place + 1
        while end < text.count, text[end] & 0b1100_0000 == 0b1000_0000 { end += 1 }
        return end
    }
}
