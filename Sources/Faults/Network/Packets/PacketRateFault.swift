import Engine
import Scenarios

/// Sends packets at a rate, as a slow line does.
public struct PacketRateFault: PacketFault {
    public static let schema = packetSchema(
        "packet.rate", "Sends packets of the target at a rate, in each direction it is asked for, as a slow line does.",
        [
            ParameterSchema("rate", .bytes, required: true, "Bytes per second, all connections together."),
            ParameterSchema(
                "queue", .integer(1...100_000), default: "1000", "Packets that may wait; more are lost."),
        ], verifiedBy: "packets that wait in the queue, or were lost because it was full")

    let queue: AppliedQueue

    init(queue: AppliedQueue) {
        self.queue = queue
    }

    static func discipline(_ parameters: Parameters) throws(FaultError) -> [String] {
        let rate = parameters.bytes("rate") ?? 0
        guard rate > 0 else {
            throw FaultError("packet.rate: rate: at 0 nothing would pass; packet.partition does that")
        }
        // In tc, bps is bytes per second and bit is bits.
        return ["limit", "\(parameters.integer("queue") ?? 1000)", "rate", "\(rate)bps"]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let waiting = Int(now["waiting"] ?? 0)
        let dropped = now.growth(of: "dropped", since: before)
        guard waiting + dropped > 0 else {
            return .notYet("nothing waits: the target's packets need less than the rate")
        }
        return .seen("\(waiting) packets wait, \(dropped) found the queue full")
    }
}
