import Engine
import Scenarios

/// Gives a pooler fewer, or more, server connections.
public struct PoolerSizeFault: FaultKind {
    public static let schema = FaultSchema(
        name: "pgbouncer.pool_size",
        summary: "Changes how many server connections a PgBouncer has for each pool (default_pool_size); those too "
            + "many are closed once they are free.",
        targets: [.pooler],
        parameters: [ParameterSchema("size", .integer(1...5000), required: true, "Server connections of a pool.")],
        requirements: ["a PgBouncer that the scenario starts"],
        verifiedBy: "SHOW CONFIG has the size, and SHOW POOLS no more server connections than that",
        undoneBy: "putting the bytes of its file back, then RELOAD")

    private let setting: PoolerSetting
    private let size: Int

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        size = specification.parameters.integer("size") ?? 1
        setting = PoolerSetting(
            pooler: try target.requirePooler(for: specification.name), name: "default_pool_size", value: "\(size)")
    }

    public func plan() async throws -> [Change] { try setting.plan() }

    /// A scenario's pooler has one database and one user, so its pools are one.
    public func observe() async throws -> Observation { await setting.observe() }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["set"] == 1 else { return .notYet("default_pool_size is not \(size)") }
        let open = ["sv_active", "sv_idle", "sv_used"].reduce(0) { $0 + (now[$1] ?? 0) }
        guard Int(open) <= size else { return .notYet("\(Int(open)) server connections are open") }
        return .seen("default_pool_size is \(size), \(Int(open)) server connections are open")
    }
}
