/// Sends a stretch of the stream twice.
struct DuplicateToxic: ToxicKind {
    static let type = "duplicate"
    static let attributes = Stretch.attributes

    let stretch: Stretch

    init(_ values: ToxicAttributes) throws(ProxyFailure) {
        stretch = try Stretch(values, of: DuplicateToxic.type)
    }

    func make(_ context: ToxicContext) -> any Toxic { DuplicateStage(position: StretchPosition(stretch, context)) }
}

private struct DuplicateStage: Toxic {
    var position: StretchPosition
    /// A stretch is sent again as a whole, and it can come in several pieces.
    var seen: [UInt8] = []

    mutating func pass(_ bytes: Bytes, at now: Moment, to next: inout ToxicOutput) {
        for part in position.parts(of: bytes, at: now) where !part.bytes.isEmpty {
            next.pass(part.bytes, at: now)
            guard part.isPicked else { continue }
            seen += part.bytes
            let isWhole = part.bytes.count == bytes.count && position.stretch.offset < 0
            guard isWhole || Int64(seen.count) >= position.stretch.length else { continue }
            next.count(\.duplicatedBytes, seen.count)
            next.pass(seen[...], at: now)
            seen = []
        }
    }
}
