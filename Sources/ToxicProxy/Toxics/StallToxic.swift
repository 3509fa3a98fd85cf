/// Holds everything back from some byte on, without loss, for a time or until it is removed.
struct StallToxic: ToxicKind {
    static let type = "stall"
    static let attributes: [ToxicAttribute] = [
        ToxicAttribute("offset", .whole(0...1 << 50), .number(0), "Bytes that pass before the stall."),
        .milliseconds("duration", "Milliseconds it lasts; 0 until the toxic is removed."),
    ]

    let offset: Int64
    let duration: Int64

    init(_ values: ToxicAttributes) {
        offset = values.whole("offset")
        duration = Int64(values.level("duration").most * 1_000_000)
    }

    func make(_ context: ToxicContext) -> any Toxic { StallStage(rest: offset, duration: duration) }
}

private struct StallStage: Toxic {
    var rest: Int64
    let duration: Int64
    var end: Moment?

    mutating func pass(_ bytes: Bytes, at now: Moment, to next: inout ToxicOutput) {
        let passed = bytes.prefix(Int(clamping: rest))
        next.pass(passed, at: now)
        rest -= Int64(passed.count)
        let held = bytes.dropFirst(passed.count)
        if !held.isEmpty { next.pass(held, at: release(at: now)) }
    }

    mutating func end(at now: Moment, to next: inout ToxicOutput) {
        next.end(at: rest == 0 ? release(at: now) : now)
    }

    private mutating func release(at now: Moment) -> Moment {
        let end = end ?? (duration > 0 ? now + duration : .never)
        self.end = end
        return max(end, now)
    }
}
