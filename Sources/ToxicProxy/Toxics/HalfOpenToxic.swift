/// The sender vanishes without FIN or RST, as a host that loses power does: its own end is reset, and the receiver waits
/// for somebody who is no longer there, until it gives up by itself. When the toxic is removed the receiver gets a RST, as
/// from a host that has come back and knows nothing of the connection (RFC 9293, 3.5.1).
struct HalfOpenToxic: ToxicKind, Toxic {
    static let type = "half_open"
    static let attributes: [ToxicAttribute] = []

    init(_ values: ToxicAttributes) {}

    func make(_ context: ToxicContext) -> any Toxic { self }

    /// Only what is on its way at that moment comes here.
    func pass(_ bytes: Bytes, at now: Moment, to next: inout ToxicOutput) {
        next.count(\.droppedBytes, bytes.count)
    }

    func end(at now: Moment, to next: inout ToxicOutput) {}

    var ending: (after: Int64, kind: ConnectionEnding)? { (0, .vanish) }
}
