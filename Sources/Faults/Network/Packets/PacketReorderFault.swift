import Engine
import Scenarios

/// Lets some packets overtake the others.
public struct PacketReorderFault: PacketFault {
    public static let schema = packetSchema(
        "packet.reorder", "Delays the target's packets, but lets some go at once, ahead of those before them.",
        [
            ParameterSchema("rate", .fraction(0...1), required: true, "Share of packets that overtake."),
            .packetCorrelation,
            ParameterSchema("delay", .duration, default: "10ms", "How long the others wait."),
        ],
        verifiedBy:
            "segments that TCP put aside because earlier ones were missing, or that were acknowledged out of order")

    let queue: AppliedQueue

    init(queue: AppliedQueue) {
        self.queue = queue
    }

    static func discipline(_ parameters: Parameters) throws(FaultError) -> [String] {
        let delay = parameters.duration("delay") ?? .milliseconds(10)
        guard delay > .zero else { throw FaultError("packet.reorder: delay: only what is delayed can be overtaken") }
        return NetemArguments.limit + ["delay", NetemArguments.time(delay)] + parameters.chance("reorder")
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let caught = now.growth(of: "caught", since: before)
        let early = now.growth(of: "out of order", since: before)
        guard early > 0 else {
            return .notYet(
                "\(caught) packets passed, none out of order so far; a connection that sends one at a time has none")
        }
        return .seen("TCP noticed \(early) segments out of order, of \(caught) packets")
    }
}
