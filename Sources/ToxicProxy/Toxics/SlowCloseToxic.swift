/// Keeps a connection open for a time after its sender ended it.
struct SlowCloseToxic: ToxicKind, Toxic {
    static let type = "slow_close"
    static let attributes: [ToxicAttribute] = [
        .milliseconds("delay", "Milliseconds from the sender's end until it is passed on.")
    ]

    private let delay: Int64

    init(_ values: ToxicAttributes) {
        delay = Int64(values.level("delay").most * 1_000_000)
    }

    func make(_ context: ToxicContext) -> any Toxic { self }

    func pass(_ bytes: Bytes, at now: Moment, to next: inout ToxicOutput) { next.pass(bytes, at: now) }

    func end(at now: Moment, to next: inout ToxicOutput) {
        next.count(\.heldEnds, 1)
        next.end(at: now + delay)
    }
}
