import Engine
import Scenarios

/// Sends packets in bursts, as a radio link does.
public struct PacketSlotFault: PacketFault {
    public static let schema = packetSchema(
        "packet.slot", "Holds packets of the target back and sends them in bursts, as Wi-Fi and mobile links do.",
        [
            ParameterSchema("gap", .duration, required: true, "Shortest time between two bursts."),
            ParameterSchema("longest", .duration, "Longest time between two bursts; the gap when left out."),
            ParameterSchema("packets", .integer(0...100_000), default: "0", "Packets in a burst; 0 for any number."),
        ], verifiedBy: "packets that wait, or a round-trip time that rose by a quarter of the gap")

    let queue: AppliedQueue
    private let gap: Duration

    init(queue: AppliedQueue) {
        self.queue = queue
        gap = queue.parameters.duration("gap") ?? .zero
    }

    static func discipline(_ parameters: Parameters) throws(FaultError) -> [String] {
        let gap = parameters.duration("gap") ?? .zero
        let longest = parameters.duration("longest") ?? gap
        guard gap > .zero, longest >= gap else {
            throw FaultError("packet.slot: gap must be above 0, and longest at least as long")
        }
        var arguments = NetemArguments.limit + ["slot", NetemArguments.time(gap), NetemArguments.time(longest)]
        if let packets = parameters.integer("packets"), packets > 0 { arguments += ["packets", "\(packets)"] }
        return arguments
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let waiting = Int(now["waiting"] ?? 0)
        let rise = (now["rtt"] ?? 0) - (before["rtt"] ?? 0)
        guard waiting > 0 || now["rtt"] != nil && rise >= gap / .milliseconds(4) else {
            return .notYet("no packet waits, and the round-trip time is not longer")
        }
        return .seen("\(waiting) packets wait for their burst; round-trip time longer by \(rise) ms")
    }
}
