import Engine
import Scenarios

/// Has a pooler drop all its connections at once and take no client until it resumes.
public struct PoolerKillFault: FaultKind {
    public static let schema = FaultSchema(
        name: "pgbouncer.kill",
        summary: "Drops all client and server connections of a PgBouncer at once; new clients wait; "
            + "where that cuts a login short, for server_login_retry after RESUME as well.",
        targets: [.pooler],
        parameters: [],
        requirements: ["a PgBouncer that the scenario starts"],
        verifiedBy: "SHOW DATABASES says paused, and SHOW POOLS no active server connection",
        undoneBy: "RESUME; it lies in the pooler's memory and ends with it")

    private let hold: PoolerHold

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        hold = PoolerHold(
            pooler: try target.requirePooler(for: specification.name), command: "KILL",
            patience: .seconds(10))
    }

    public func plan() async throws -> [Change] { try await hold.plan() }

    public func observe() async throws -> Observation { try await hold.observe() }

    public func verify(before: Observation, now: Observation) -> Verification { hold.verify(now) }
}
