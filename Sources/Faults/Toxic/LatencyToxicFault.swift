import Engine
import Scenarios
import ToxicProxy

/// Delays what goes over a link.
public struct LatencyToxicFault: ToxicFault {
    public static let schema = FaultSchema(
        name: "toxic.latency", summary: "Delays everything on the link, in order, without loss.",
        targets: [.link],
        parameters: [
            ParameterSchema("latency", .duration, required: true, "Mean delay."),
            ParameterSchema("jitter", .duration, default: "0s", "Spread of the delay."),
            ParameterSchema(
                "distribution", .choice(ToxicCatalogue.choices("distribution", of: type)), default: "uniform",
                "uniform is within the jitter to either side; normal has it as standard deviation; pareto adds a long tail."
            ),
            ParameterSchema("ramp", .duration, default: "0s", "Time in which the delay grows to its full size."),
        ] + ParameterSchema.everyToxic,
        requirements: [], verifiedBy: "pieces held back for at least half the delay asked for, on average",
        undoneBy: "removing the toxic; what is held back goes on at once")

    static let type = "latency"

    let applied: AppliedToxic

    init(applied: AppliedToxic) {
        self.applied = applied
    }

    static func attributes(_ parameters: Parameters) -> [String: AttributeValue] {
        let latency = (parameters.duration("latency") ?? .zero) / .milliseconds(1)
        let ramp = (parameters.duration("ramp") ?? .zero) / .milliseconds(1)
        return [
            "latency": ramp > 0 ? .ramp(Ramp(from: 0, to: latency, over: ramp)) : .number(latency),
            "jitter": .milliseconds(parameters.duration("jitter")),
            "distribution": .text(parameters.text("distribution") ?? "uniform"),
        ]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let pieces = now.growth(of: "delayed", since: before)
        guard pieces > 0 else { return .notYet("nothing was sent over the link") }
        let mean = Duration.nanoseconds(Int64(now.growth(of: "delay", since: before)) / Int64(pieces))
        // While a delay grows, any is its effect.
        if case .number(let milliseconds) = applied.toxic.attributes.values["latency"],
            mean < .milliseconds(1) * (milliseconds / 2)
        {
            return .notYet("mean delay is \(mean.short)")
        }
        return .seen("\(pieces) pieces held back, \(mean.short) on average")
    }
}
