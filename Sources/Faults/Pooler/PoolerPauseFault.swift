import Engine
import Scenarios

/// Has a pooler wait for its server connections to be released and give out no more.
public struct PoolerPauseFault: FaultKind {
    public static let schema = FaultSchema(
        name: "pgbouncer.pause",
        summary: "Pauses every database of a PgBouncer: transactions that run may end, clients that want one wait.",
        targets: [.pooler],
        parameters: [
            ParameterSchema("timeout", .duration, default: "30s", "Longest wait for transactions that run to end.")
        ],
        requirements: ["a PgBouncer that the scenario starts"],
        verifiedBy: "SHOW DATABASES says paused, and SHOW POOLS no active server connection",
        undoneBy: "RESUME; it lies in the pooler's memory and ends with it")

    private let hold: PoolerHold

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        hold = PoolerHold(
            pooler: try target.requirePooler(for: specification.name), command: "PAUSE",
            patience: specification.parameters.duration("timeout") ?? .seconds(30))
    }

    public func plan() async throws -> [Change] { try await hold.plan() }

    public func observe() async throws -> Observation { try await hold.observe() }

    public func verify(before: Observation, now: Observation) -> Verification { hold.verify(now) }
}
