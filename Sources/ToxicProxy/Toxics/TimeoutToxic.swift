/// Lets nothing through and closes the connection after a time.
struct TimeoutToxic: ToxicKind, Toxic {
    static let type = "timeout"
    static let attributes: [ToxicAttribute] = [
        .milliseconds(
            "timeout", "Milliseconds until the connection is closed; 0 keeps it open until the toxic is removed.")
    ]

    private let timeout: Int64

    init(_ values: ToxicAttributes) {
        timeout = Int64(values.level("timeout").most * 1_000_000)
    }

    func make(_ context: ToxicContext) -> any Toxic { self }

    func pass(_ bytes: Bytes, at now: Moment, to next: inout ToxicOutput) {
        next.count(\.droppedBytes, bytes.count)
    }

    /// A connection whose bytes are dropped does not show its end either.
    func end(at now: Moment, to next: inout ToxicOutput) {}

    var ending: (after: Int64, kind: ConnectionEnding)? { timeout > 0 ? (timeout, .close) : nil }

    var endingOnRemoval: ConnectionEnding? { .close }
}
