import Engine
import Scenarios

/// Several things at once, as on a real long or bad line.
public struct PacketMixFault: PacketFault {
    public static let schema = packetSchema(
        "packet.mix",
        "Delays, loses, duplicates, corrupts and limits packets of the target at once, as a long and bad line does.",
        [
            ParameterSchema("delay", .duration, default: "0s", "Mean delay of each direction."),
            ParameterSchema("jitter", .duration, default: "0s", "Spread of the delay."),
            ParameterSchema("loss", .fraction(0...1), default: "0%", "Share of packets lost."),
            ParameterSchema("duplicate", .fraction(0...1), default: "0%", "Share of packets sent twice."),
            ParameterSchema("corrupt", .fraction(0...1), default: "0%", "Share of packets with a bit flipped."),
            ParameterSchema("rate", .bytes, "Bytes per second; unlimited when left out."),
        ],
        verifiedBy:
            "each part that was asked for: longer round trips, packets dropped, sent twice, found corrupt, or waiting"
    )

    let queue: AppliedQueue

    init(queue: AppliedQueue) {
        self.queue = queue
    }

    static func discipline(_ parameters: Parameters) throws(FaultError) -> [String] {
        var arguments = NetemArguments.limit
        if let delay = parameters.duration("delay"), delay > .zero {
            arguments += ["delay", NetemArguments.time(delay)]
            if let jitter = parameters.duration("jitter"), jitter > .zero {
                arguments.append(NetemArguments.time(jitter))
            }
        }
        for keyword in ["loss", "duplicate", "corrupt"] {
            if let share = parameters.fraction(keyword), share > 0 {
                arguments += [keyword, NetemArguments.share(share)]
            }
        }
        if let rate = parameters.bytes("rate"), rate > 0 { arguments += ["rate", "\(rate)bps"] }
        guard arguments != NetemArguments.limit else { throw FaultError("packet.mix: nothing is asked for") }
        return arguments
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        var seen: [String] = []
        for part in parts {
            switch part.verify(before: before, now: now) {
            case .seen(let evidence): seen.append(evidence)
            case .notYet(let reason): return .notYet(reason)
            }
        }
        return .seen(seen.joined(separator: "; "))
    }

    private var parts: [any PacketFault] {
        let parameters = queue.parameters
        var parts: [any PacketFault] = []
        if let delay = parameters.duration("delay"), delay > .zero { parts.append(PacketDelayFault(queue: queue)) }
        if let share = parameters.fraction("loss"), share > 0 { parts.append(PacketLossFault(queue: queue)) }
        if let share = parameters.fraction("duplicate"), share > 0 { parts.append(PacketDuplicateFault(queue: queue)) }
        if let share = parameters.fraction("corrupt"), share > 0 { parts.append(PacketCorruptFault(queue: queue)) }
        if let rate = parameters.bytes("rate"), rate > 0 { parts.append(PacketRateFault(queue: queue)) }
        return parts
    }
}
