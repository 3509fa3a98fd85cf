import SeededRandom

/// Throws away pieces of the stream, which no TCP connection does: the receiver sees a hole. For lost packets, which TCP
/// sends again, there is `packets.loss`.
struct PacketLossToxic: ToxicKind {
    static let type = "packet_loss"
    static let attributes: [ToxicAttribute] = [
        ToxicAttribute("loss_rate", .number(0...1), .number(0.1), "Probability that a piece is thrown away."),
        ToxicAttribute(
            "correlation", .number(0...1), .number(0), "Added to it after a piece that was thrown away: bursts."),
    ]

    let lossRate: Level
    let correlation: Level

    init(_ values: ToxicAttributes) {
        lossRate = values.level("loss_rate")
        correlation = values.level("correlation")
    }

    func make(_ context: ToxicContext) -> any Toxic {
        PacketLossStage(kind: self, start: context.start, generator: context.generator)
    }
}

private struct PacketLossStage: Toxic {
    let kind: PacketLossToxic
    let start: Moment
    var generator: SeededGenerator
    var hasLost = false

    mutating func pass(_ bytes: Bytes, at now: Moment, to next: inout ToxicOutput) {
        let burst = hasLost ? kind.correlation.value(at: now, since: start) : 0
        hasLost = Double.random(in: 0..<1, using: &generator) < kind.lossRate.value(at: now, since: start) + burst
        if hasLost { next.count(\.droppedBytes, bytes.count) } else { next.pass(bytes, at: now) }
    }
}
