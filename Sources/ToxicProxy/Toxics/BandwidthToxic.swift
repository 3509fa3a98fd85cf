/// Lets bytes through at a rate, in lumps of at most 4 ms.
struct BandwidthToxic: ToxicKind {
    static let type = "bandwidth"
    static let attributes: [ToxicAttribute] = [
        ToxicAttribute(
            "rate", .number(0...1e9), .number(0),
            "KB (1,000 bytes) per second; 0 holds everything back, without loss, until the toxic is changed or removed."
        ),
        ToxicAttribute(
            "shared", .flag, .flag(false), "All connections of the proxy share the rate.", isExtension: true),
    ]

    let rate: Level
    let isShared: Bool

    init(_ values: ToxicAttributes) {
        rate = values.level("rate")
        isShared = values.flag("shared")
    }

    func make(_ context: ToxicContext) -> any Toxic {
        BandwidthStage(kind: self, start: context.start, pace: isShared ? context.shared : SharedPace())
    }
}

private struct BandwidthStage: Toxic {
    let kind: BandwidthToxic
    let start: Moment
    let pace: SharedPace

    /// What passes in 10 ms, so that the line is never idle while the reactor is elsewhere.
    var capacity: Int { max(1 << 18, Int(kind.rate.most * 1000 / 100)) }

    mutating func pass(_ bytes: Bytes, at now: Moment, to next: inout ToxicOutput) {
        let bytesPerSecond = kind.rate.value(at: now, since: start) * 1000
        guard bytesPerSecond > 0 else { return next.pass(bytes, at: .never) }
        let lump = max(1, Int(bytesPerSecond / 250))
        var rest = bytes
        while !rest.isEmpty {
            let part = rest.prefix(lump)
            rest = rest.dropFirst(part.count)
            // The last byte of a part leaves once the time for all of it has passed. A reactor that was late by less than
            // a lump catches up: otherwise the line would be idle for that long, and the rate too low.
            let due = pace.take(Int64(Double(part.count) * 1e9 / bytesPerSecond), from: now + -4_000_000)
            next.pass(part, at: max(due, now))
        }
    }
}
