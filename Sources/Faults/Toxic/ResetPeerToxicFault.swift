import Engine
import NIOCore
import Scenarios
import ToxicProxy

/// Ends the connections of a link with RST.
public struct ResetPeerToxicFault: FaultKind {
    public static let schema = FaultSchema(
        name: "toxic.reset_peer", summary: "Ends connections of the link with RST, those that are open already too.",
        targets: [.link],
        parameters: [
            ParameterSchema("timeout", .duration, default: "0s", "Time until a connection is reset."),
            .toxicStream, .toxicity,
        ],
        requirements: [], verifiedBy: "connections reset",
        undoneBy: "removing the toxic")

    private let link: TCPProxy
    private let timeout: Duration
    private let toxic: ToxicSpecification

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        link = try target.requireLink(for: specification.name)
        let timeout = specification.parameters.duration("timeout") ?? .zero
        self.timeout = timeout
        toxic = ToxicSpecification(specification) { _ in ResetPeerToxic(timeout: TimeAmount(timeout)) }
    }

    public func plan() async throws -> [Change] {
        [await .toxic(toxic, on: link, describedAs: "reset_peer after \(timeout.short)")]
    }

    public func observe() async throws -> Observation { await link.observation(of: toxic.name) }

    public func verify(before: Observation, now: Observation) -> Verification {
        let reset = (now["reset"] ?? 0) - (before["reset"] ?? 0)
        return reset > 0 ? .seen("\(Int(reset)) connections reset") : .notYet("no connection was there to reset")
    }
}
