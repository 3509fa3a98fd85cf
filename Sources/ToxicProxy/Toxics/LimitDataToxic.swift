/// Closes the connection once it has carried so many bytes; not one more is passed on.
struct LimitDataToxic: ToxicKind {
    static let type = "limit_data"
    static let attributes: [ToxicAttribute] = [
        ToxicAttribute("bytes", .whole(0...1 << 50), .number(0), "Bytes passed on before the connection is closed.")
    ]

    let bytes: Int64

    init(_ values: ToxicAttributes) {
        bytes = values.whole("bytes")
    }

    func make(_ context: ToxicContext) -> any Toxic { LimitDataStage(rest: bytes) }
}

private struct LimitDataStage: Toxic {
    var rest: Int64
    var isOver = false

    mutating func pass(_ bytes: Bytes, at now: Moment, to next: inout ToxicOutput) {
        guard !isOver else { return next.count(\.droppedBytes, bytes.count) }
        let passed = bytes.prefix(Int(clamping: rest))
        next.pass(passed, at: now)
        rest -= Int64(passed.count)
        guard rest == 0 else { return }
        isOver = true
        next.count(\.droppedBytes, bytes.count - passed.count)
        next.count(\.closed, 1)
        next.endConnection(.close, at: now)
    }

    mutating func end(at now: Moment, to next: inout ToxicOutput) {
        if !isOver { next.end(at: now) }
    }
}
