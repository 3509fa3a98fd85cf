import SeededRandom

/// Picks bytes of a stream: one stretch at an offset, or whole pieces at random.
struct Stretch: Sendable {
    static let attributes: [ToxicAttribute] = [
        ToxicAttribute(
            "offset", .whole(-1...1 << 50), .number(-1),
            "Byte of the stream, counted from when the toxic met it, where the stretch starts; -1 for none."),
        ToxicAttribute("length", .whole(1...1 << 30), .number(1), "Bytes of the stretch."),
        ToxicAttribute("rate", .number(0...1), .number(0), "Probability for each piece that is read."),
    ]

    let offset: Int64
    let length: Int64
    let rate: Level

    init(_ values: ToxicAttributes, of type: String) throws(ProxyFailure) {
        offset = values.whole("offset")
        length = values.whole("length")
        rate = values.level("rate")
        guard rate.most > 0 || offset >= 0 else { throw ProxyFailure("\(type) needs a rate or an offset") }
    }
}

/// Where a stream is with respect to a stretch.
struct StretchPosition {
    let stretch: Stretch
    let start: Moment
    var generator: SeededGenerator
    private var position: Int64 = 0

    init(_ stretch: Stretch, _ context: ToxicContext) {
        self.stretch = stretch
        start = context.start
        generator = context.generator
    }

    /// Cuts bytes into parts that are picked and parts that are not, in order.
    mutating func parts(of bytes: Bytes, at now: Moment) -> [(bytes: Bytes, isPicked: Bool)] {
        defer { position += Int64(bytes.count) }
        let rate = stretch.rate.value(at: now, since: start)
        if rate > 0, Double.random(in: 0..<1, using: &generator) < rate { return [(bytes, true)] }
        guard stretch.offset >= 0 else { return [(bytes, false)] }
        let from = Int(min(Int64(bytes.count), max(0, stretch.offset - position)))
        let to = Int(min(Int64(bytes.count), max(0, stretch.offset + stretch.length - position)))
        guard from < to else { return [(bytes, false)] }
        let start = bytes.startIndex
        return [
            (bytes[start..<start + from], false), (bytes[start + from..<start + to], true),
            (bytes[(start + to)...], false),
        ]
    }
}
