import Events

/// What the server's log says of crash recovery (PostgreSQL, access/transam/xlogrecovery.c: "redo starts at", "redo done
/// at").
public struct ReplayedWAL: Hashable, Sendable {
    public var bytes: Double
    public var seconds: Double

    /// All replays that were finished in the lines; nil when none was, and nothing where no redo was needed.
    public init?(_ lines: [ServerLogLine]) {
        var bytes = 0.0
        var seconds = 0.0
        var isSaid = false
        var beginning: (position: UInt64, at: Double)?
        for line in lines {
            if let position = ReplayedWAL.position(line.text, after: "redo starts at ") {
                beginning = (position, line.at)
            } else if let begun = beginning, let end = ReplayedWAL.position(line.text, after: "redo done at ") {
                isSaid = true
                bytes += end > begun.position ? Double(end - begun.position) : 0
                seconds += ReplayedWAL.elapsed(line.text) ?? line.at - begun.at
                beginning = nil
            } else if line.text.hasPrefix("redo is not required") {
                isSaid = true
            }
        }
        guard isSaid else { return nil }
        self.bytes = bytes
        self.seconds = seconds
    }

    /// A position in WAL, `0/15D1C50`: two numbers of 32 bits in hexadecimal.
    private static func position(_ text: String, after words: String) -> UInt64? {
        guard text.hasPrefix(words) else { return nil }
        let halves = text.dropFirst(words.count).prefix { $0 != " " }.split(separator: "/")
        guard halves.count == 2, let high = UInt64(halves[0], radix: 16), let low = UInt64(halves[1], radix: 16) else {
            return nil
        }
        return high << 32 | low
    }

    /// `elapsed: 0.02 s` of its system usage, which it says since PostgreSQL 14.
    private static func elapsed(_ text: String) -> Double? {
        guard let range = text.firstRange(of: "elapsed: ") else { return nil }
        return Double(text[range.upperBound...].prefix { $0 != " " })
    }
}
