import Engine
import LinuxSystem
import Scenarios

/// Has a pooler read its configuration again, which must disturb nobody.
public struct PoolerReloadFault: FaultKind {
    public static let schema = FaultSchema(
        name: "pgbouncer.reload",
        summary: "Has a PgBouncer read its configuration again (RELOAD), which should disturb nobody.",
        targets: [.pooler], parameters: [], requirements: ["a PgBouncer that the scenario starts"],
        verifiedBy: "the console says that it was done", undoneBy: "nothing: the configuration is the same",
        isInstant: true)

    private let pooler: PoolerAccess
    private let reloads = Reloads()

    private actor Reloads {
        var done = 0

        func count(_ tag: String) { if tag == "RELOAD" { done += 1 } }
    }

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        pooler = try target.requirePooler(for: specification.name)
    }

    public func plan() async throws -> [Change] {
        [
            Change(
                subject: "the configuration of the pooler \(pooler.process)", prior: "read", value: "read again",
                undo: .nothing
            ) { [pooler, reloads] in
                await reloads.count(try await pooler.tell("RELOAD").commandTag)
            }
        ]
    }

    public func observe() async throws -> Observation { ["done": Double(await reloads.done)] }

    public func verify(before: Observation, now: Observation) -> Verification {
        now["done"] ?? 0 > before["done"] ?? 0 ? .seen("the console answered RELOAD") : .notYet("RELOAD not answered")
    }
}
