import Engine
import Scenarios

/// Sends packets twice.
public struct PacketDuplicateFault: PacketFault {
    public static let schema = packetSchema(
        "packet.duplicate", "Sends packets of the target twice.", [.packetRate, .packetCorrelation],
        verifiedBy: "more packets came out of the queue than went in")

    let queue: AppliedQueue

    init(queue: AppliedQueue) {
        self.queue = queue
    }

    static func discipline(_ parameters: Parameters) throws(FaultError) -> [String] {
        NetemArguments.limit + parameters.chance("duplicate")
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let caught = now.growth(of: "caught", since: before)
        // One that was lost besides would hide one that was sent twice.
        let twice = ["passed", "waiting", "dropped"].reduce(-caught) { $0 + now.growth(of: $1, since: before) }
        guard twice > 0 else { return .notYet("none of \(caught) packets was sent twice so far") }
        return .seen("\(twice) of \(caught) packets sent twice")
    }
}
