import Engine
import Scenarios
import ToxicProxy

/// Lets bytes over a link at a rate.
public struct BandwidthToxicFault: FaultKind {
    public static let schema = FaultSchema(
        name: "toxic.bandwidth", summary: "Limits the bytes per second of each connection on the link.",
        targets: [.link],
        parameters: [
            ParameterSchema("rate", .bytes, required: true, "Bytes per second; 0B holds everything back without loss."),
            .toxicStream, .toxicity,
        ],
        requirements: [], verifiedBy: "pieces held back, or bytes in wait while the rate is 0",
        undoneBy: "removing the toxic; what waits goes on at once")

    private let link: TCPProxy
    private let rate: UInt64
    private let toxic: ToxicSpecification

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        link = try target.requireLink(for: specification.name)
        let rate = specification.parameters.bytes("rate") ?? 0
        self.rate = rate
        toxic = ToxicSpecification(specification) { _ in BandwidthToxic(bytesPerSecond: Int64(clamping: rate)) }
    }

    public func plan() async throws -> [Change] {
        [await .toxic(toxic, on: link, describedAs: "bandwidth \(rate) bytes/s")]
    }

    public func observe() async throws -> Observation { await link.observation(of: toxic.name) }

    public func verify(before: Observation, now: Observation) -> Verification {
        let pieces = (now["delayed"] ?? 0) - (before["delayed"] ?? 0)
        if pieces > 0 { return .seen("\(Int(pieces)) pieces held back") }
        let bytes = (now["held"] ?? 0) - (before["held"] ?? 0)
        if bytes > 0 { return .seen("\(Int(bytes)) bytes came in and wait") }
        return .notYet("nothing had to be held back: the link carries less than the rate")
    }
}
