/// Does nothing.
struct NoopToxic: ToxicKind, Toxic {
    static let type = "noop"
    static let attributes: [ToxicAttribute] = []

    init(_ values: ToxicAttributes) {}

    func make(_ context: ToxicContext) -> any Toxic { self }

    func pass(_ bytes: Bytes, at now: Moment, to next: inout ToxicOutput) { next.pass(bytes, at: now) }
}
