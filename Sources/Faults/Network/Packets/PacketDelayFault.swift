import Engine
import Scenarios

/// Delays packets.
public struct PacketDelayFault: PacketFault {
    public static let schema = packetSchema(
        "packet.delay", "Delays packets of the target, in each direction it is asked for.",
        [
            ParameterSchema("delay", .duration, required: true, "Mean delay of each direction."),
            ParameterSchema(
                "jitter", .duration, default: "0s",
                "Spread of the delay; packets can overtake each other where it is larger than their distance."),
            .packetCorrelation,
            ParameterSchema(
                "distribution", .choice(["uniform", "normal", "pareto", "paretonormal"]), default: "uniform",
                "uniform is within the jitter to either side; for normal it is the standard deviation."),
        ], verifiedBy: "the round-trip time that TCP measures on the target's connections (TCP_INFO)")

    let queue: AppliedQueue
    private let delay: Duration

    init(queue: AppliedQueue) {
        self.queue = queue
        delay = queue.parameters.duration("delay") ?? .zero
    }

    static func discipline(_ parameters: Parameters) throws(FaultError) -> [String] {
        let delay = parameters.duration("delay") ?? .zero
        let jitter = parameters.duration("jitter") ?? .zero
        var arguments = NetemArguments.limit + ["delay", NetemArguments.time(delay)]
        guard jitter > .zero else { return arguments }
        arguments += [NetemArguments.time(jitter), NetemArguments.share(parameters.fraction("correlation") ?? 0)]
        guard let name = parameters.text("distribution"), name != "uniform" else { return arguments }
        return arguments + ["distribution", name]
    }

    /// Half of it is enough: the kernel's figure is a moving mean, and jitter can be as large as the delay. A mean that was
    /// as high before, after another fault or on a slow path, tells nothing by itself; then packets must be seen to wait.
    public func verify(before: Observation, now: Observation) -> Verification {
        guard let time = now["rtt"] else { return .notYet("no connection is established") }
        let expected = (delay * queue.directionCount) / .milliseconds(1)
        let rise = time - (before["rtt"] ?? 0)
        guard now.growth(of: "caught", since: before) > 0, time >= expected / 2,
            rise >= expected / 2 || (now["waiting"] ?? 0) > 0
        else {
            return .notYet("the round-trip time is \(time) ms, \(before["rtt"] ?? 0) ms before, and no packet waits")
        }
        return .seen("round-trip time \(time) ms, \(before["rtt"].map { "\($0) ms" } ?? "unknown") before")
    }
}
