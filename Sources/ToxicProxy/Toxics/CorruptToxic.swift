import Glibc
import SeededRandom

/// Flips bits of what is sent.
struct CorruptToxic: ToxicKind {
    static let type = "corrupt"
    static let attributes: [ToxicAttribute] = [
        ToxicAttribute(
            "rate", .number(0...1), .number(0), "Probability for each byte that one of its bits is flipped."),
        ToxicAttribute(
            "offset", .whole(-1...1 << 50), .number(-1),
            "Flips a bit of this byte of the stream, counted from when the toxic met it; -1 for none."),
    ]

    let rate: Level
    let offset: Int64

    init(_ values: ToxicAttributes) throws(ProxyFailure) {
        rate = values.level("rate")
        offset = values.whole("offset")
        guard rate.most > 0 || offset >= 0 else { throw ProxyFailure("corrupt needs a rate or an offset") }
    }

    func make(_ context: ToxicContext) -> any Toxic {
        CorruptStage(kind: self, start: context.start, generator: context.generator)
    }
}

private struct CorruptStage: Toxic {
    let kind: CorruptToxic
    let start: Moment
    var generator: SeededGenerator
    var position: Int64 = 0
    /// Bytes until the next flip, by the rate.
    var distance: Int?

    mutating func pass(_ bytes: Bytes, at now: Moment, to next: inout ToxicOutput) {
        var result = bytes
        let rate = kind.rate.value(at: now, since: start)
        if rate > 0 {
            var index = bytes.startIndex
            while true {
                let ahead = distance ?? gap(rate)
                guard ahead < bytes.endIndex - index else {
                    distance = ahead - (bytes.endIndex - index)
                    break
                }
                index += ahead
                flip(&result, index, &next)
                index += 1
                distance = nil
            }
        }
        let relative = kind.offset - position
        if kind.offset >= 0, (0..<Int64(bytes.count)).contains(relative) {
            flip(&result, bytes.startIndex + Int(relative), &next)
        }
        position += Int64(bytes.count)
        next.pass(result, at: now)
    }

    /// How many bytes stay as they are before the next that does not: geometric, drawn at once.
    private mutating func gap(_ rate: Double) -> Int {
        guard rate < 1 else { return 0 }
        let drawn = log(1 - Double.random(in: 0..<1, using: &generator)) / log(1 - rate)
        return drawn < 1e15 ? Int(drawn) : Int(1e15)
    }

    private mutating func flip(_ bytes: inout Bytes, _ index: Int, _ next: inout ToxicOutput) {
        bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        next.count(\.corruptedBytes, 1)
    }
}
