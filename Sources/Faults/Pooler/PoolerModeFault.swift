import Engine
import Scenarios

/// Changes when a pooler gives a server connection to another client.
public struct PoolerModeFault: FaultKind {
    public static let schema = FaultSchema(
        name: "pgbouncer.pool_mode",
        summary: "Changes when a PgBouncer gives a server connection to another client: session keeps it for as long "
            + "as the client stays, transaction and statement lose what a session holds.",
        targets: [.pooler],
        parameters: [
            ParameterSchema(
                "mode", .choice(["session", "transaction", "statement"]), required: true, "The mode (pool_mode).")
        ],
        requirements: ["a PgBouncer that the scenario starts"],
        verifiedBy: "SHOW CONFIG has the mode", undoneBy: "putting the bytes of its file back, then RELOAD")

    private let setting: PoolerSetting

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        setting = PoolerSetting(
            pooler: try target.requirePooler(for: specification.name), name: "pool_mode",
            value: specification.parameters.text("mode") ?? "")
    }

    public func plan() async throws -> [Change] { try setting.plan() }

    public func observe() async throws -> Observation { await setting.observe() }

    public func verify(before: Observation, now: Observation) -> Verification {
        now["set"] == 1 ? .seen("pool_mode is \(setting.value)") : .notYet("pool_mode is not \(setting.value)")
    }
}
