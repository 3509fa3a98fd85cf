/// Ends the connection with RST after a time, counted from the toxic's or the connection's start, the later one.
struct ResetPeerToxic: ToxicKind, Toxic {
    static let type = "reset_peer"
    static let attributes: [ToxicAttribute] = [.milliseconds("timeout", "Milliseconds until the connection is reset.")]

    private let timeout: Int64

    init(_ values: ToxicAttributes) {
        timeout = Int64(values.level("timeout").most * 1_000_000)
    }

    func make(_ context: ToxicContext) -> any Toxic { self }

    func pass(_ bytes: Bytes, at now: Moment, to next: inout ToxicOutput) { next.pass(bytes, at: now) }

    var ending: (after: Int64, kind: ConnectionEnding)? { (timeout, .reset) }
}
