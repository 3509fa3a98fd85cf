import SeededRandom

/// Cuts what is sent into small segments, with a pause between them.
struct SlicerToxic: ToxicKind {
    static let type = "slicer"
    static let attributes: [ToxicAttribute] = [
        ToxicAttribute("average_size", .whole(0...1 << 30), .number(0), "Mean bytes of a segment, 1 or more."),
        ToxicAttribute(
            "size_variation", .whole(0...1 << 30), .number(0), "Bytes more or less; smaller than average_size."),
        ToxicAttribute("delay", .whole(0...86_400_000_000), .number(0), "Microseconds between segments."),
    ]

    let averageSize: Int
    let variation: Int
    /// Nanoseconds.
    let delay: Int64

    init(_ values: ToxicAttributes) throws(ProxyFailure) {
        averageSize = Int(values.whole("average_size"))
        variation = Int(values.whole("size_variation"))
        delay = values.whole("delay") * 1000
        guard averageSize > 0 else { throw ProxyFailure("average_size must be 1 or more") }
        guard variation < averageSize else {
            throw ProxyFailure("size_variation must be smaller than average_size, \(averageSize)")
        }
    }

    func make(_ context: ToxicContext) -> any Toxic { SlicerStage(kind: self, generator: context.generator) }
}

private struct SlicerStage: Toxic {
    let kind: SlicerToxic
    var generator: SeededGenerator
    var free = Moment(nanoseconds: 0)

    mutating func pass(_ bytes: Bytes, at now: Moment, to next: inout ToxicOutput) {
        var rest = bytes
        while !rest.isEmpty {
            let deviation = kind.variation > 0 ? Int.random(in: -kind.variation...kind.variation, using: &generator) : 0
            let slice = rest.prefix(kind.averageSize + deviation)
            rest = rest.dropFirst(slice.count)
            let due = max(free, now)
            free = due + kind.delay
            next.count(\.slices, 1)
            next.pass(slice, at: due)
        }
    }
}
