/// Throws away a stretch of the stream.
struct DropToxic: ToxicKind {
    static let type = "drop"
    static let attributes = Stretch.attributes

    let stretch: Stretch

    init(_ values: ToxicAttributes) throws(ProxyFailure) {
        stretch = try Stretch(values, of: DropToxic.type)
    }

    func make(_ context: ToxicContext) -> any Toxic { DropStage(position: StretchPosition(stretch, context)) }
}

private struct DropStage: Toxic {
    var position: StretchPosition

    mutating func pass(_ bytes: Bytes, at now: Moment, to next: inout ToxicOutput) {
        for part in position.parts(of: bytes, at: now) {
            if part.isPicked { next.count(\.droppedBytes, part.bytes.count) } else { next.pass(part.bytes, at: now) }
        }
    }
}
