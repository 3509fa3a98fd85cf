import Engine
import NIOCore
import Scenarios
import ToxicProxy

/// Lets nothing over a link any more.
public struct TimeoutToxicFault: FaultKind {
    public static let schema = FaultSchema(
        name: "toxic.timeout",
        summary:
            "Swallows what is sent over the link and closes its connections after a time; undoing closes them too.",
        targets: [.link],
        parameters: [
            ParameterSchema(
                "timeout", .duration, default: "0s", "Time until a connection is closed; 0s never closes it."),
            .toxicStream, .toxicity,
        ],
        requirements: [], verifiedBy: "bytes swallowed or connections closed",
        undoneBy: "removing the toxic; connections that lost bytes are closed")

    private let link: TCPProxy
    private let timeout: Duration
    private let toxic: ToxicSpecification

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        link = try target.requireLink(for: specification.name)
        let timeout = specification.parameters.duration("timeout") ?? .zero
        self.timeout = timeout
        toxic = ToxicSpecification(specification) { _ in TimeoutToxic(timeout: TimeAmount(timeout)) }
    }

    public func plan() async throws -> [Change] {
        [await .toxic(toxic, on: link, describedAs: "timeout \(timeout.short)")]
    }

    public func observe() async throws -> Observation { await link.observation(of: toxic.name) }

    public func verify(before: Observation, now: Observation) -> Verification {
        let dropped = (now["dropped"] ?? 0) - (before["dropped"] ?? 0)
        let closed = (now["closed"] ?? 0) - (before["closed"] ?? 0)
        guard dropped + closed > 0 else { return .notYet("nothing was sent over the link") }
        return .seen("\(Int(dropped)) bytes swallowed, \(Int(closed)) connections closed")
    }
}
