import Engine
import Scenarios

/// Loses packets by chance, one by one or in bursts.
public struct PacketLossFault: PacketFault {
    public static let schema = packetSchema(
        "packet.loss",
        "Loses packets of the target: each by chance, or in bursts (Gilbert-Elliott) when p is given.",
        [
            ParameterSchema("rate", .fraction(0...1), "Share of packets lost, each by chance."),
            .packetCorrelation,
            ParameterSchema("p", .fraction(0...1), "Gilbert-Elliott: chance to go from good to bad, for each packet."),
            ParameterSchema("r", .fraction(0...1), "Chance to go from bad to good; 1 - p when left out."),
            ParameterSchema("h", .fraction(0...1), default: "0%", "Share of packets that pass while it is bad."),
            ParameterSchema("k", .fraction(0...1), default: "100%", "Share of packets that pass while it is good."),
        ], verifiedBy: "packets that the queue has dropped")

    let queue: AppliedQueue

    init(queue: AppliedQueue) {
        self.queue = queue
    }

    static func discipline(_ parameters: Parameters) throws(FaultError) -> [String] {
        guard let p = parameters.fraction("p") else {
            guard parameters.fraction("rate") != nil else {
                throw FaultError("packet.loss: give a rate, or p for losses in bursts")
            }
            return NetemArguments.limit + parameters.chance("loss")
        }
        guard parameters.fraction("rate") == nil else {
            throw FaultError("packet.loss: rate is for single losses and p for bursts: give one of them")
        }
        // netem wants what is lost in each state, not what passes.
        let lost = [1 - (parameters.fraction("h") ?? 0), 1 - (parameters.fraction("k") ?? 1)]
        return NetemArguments.limit + ["loss", "gemodel", NetemArguments.share(p)]
            + [NetemArguments.share(parameters.fraction("r") ?? 1 - p)] + lost.map(NetemArguments.share)
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let dropped = now.growth(of: "dropped", since: before)
        let caught = now.growth(of: "caught", since: before)
        guard dropped > 0 else { return .notYet("none of \(caught) packets was lost so far") }
        let retransmitted = now.growth(of: "retransmitted", since: before)
        return .seen("\(dropped) of \(caught) packets lost; TCP retransmitted \(retransmitted) segments there")
    }
}
