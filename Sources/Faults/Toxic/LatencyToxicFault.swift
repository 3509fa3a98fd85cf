import Engine
import NIOCore
import Scenarios
import ToxicProxy

/// Delays what goes over a link.
public struct LatencyToxicFault: FaultKind {
    public static let schema = FaultSchema(
        name: "toxic.latency", summary: "Delays everything on the link, in order, without loss.",
        targets: [.link],
        parameters: [
            ParameterSchema("latency", .duration, required: true, "Mean delay."),
            ParameterSchema("jitter", .duration, default: "0s", "Largest deviation to either side."),
            .toxicStream, .toxicity,
        ],
        requirements: [], verifiedBy: "pieces held back for at least half the delay asked for, on average",
        undoneBy: "removing the toxic")

    private let link: TCPProxy
    private let latency: Duration
    private let jitter: Duration
    private let toxic: ToxicSpecification

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        link = try target.requireLink(for: specification.name)
        let latency = specification.parameters.duration("latency") ?? .zero
        let jitter = specification.parameters.duration("jitter") ?? .zero
        self.latency = latency
        self.jitter = jitter
        toxic = ToxicSpecification(specification) { seed in
            LatencyToxic(latency: TimeAmount(latency), jitter: TimeAmount(jitter), seed: seed)
        }
    }

    public func plan() async throws -> [Change] {
        [await .toxic(toxic, on: link, describedAs: "latency \(latency.short) ± \(jitter.short)")]
    }

    public func observe() async throws -> Observation { await link.observation(of: toxic.name) }

    public func verify(before: Observation, now: Observation) -> Verification {
        let pieces = (now["delayed"] ?? 0) - (before["delayed"] ?? 0)
        let delay = (now["delay"] ?? 0) - (before["delay"] ?? 0)
        guard pieces > 0 else { return .notYet("nothing was sent over the link") }
        let mean = Duration.nanoseconds(Int64(delay / pieces))
        guard mean >= latency / 2 else { return .notYet("mean delay is \(mean.short)") }
        return .seen("\(Int(pieces)) pieces held back, \(mean.short) on average")
    }
}
