import Engine
import LinuxSystem
import Postgres
import Scenarios

/// Promotes a standby, as a failover does.
public struct PromoteFault: FaultKind {
    public static let schema = FaultSchema(
        name: "postgres.promote",
        summary: "Promotes a standby: it takes writes, on a timeline of its own. A primary that still runs, or comes "
            + "back, takes writes as well.",
        targets: [.postgres],
        parameters: [ParameterSchema("timeout", .duration, default: "60s", "Longest time for the promotion.")],
        requirements: ["a standby that the scenario starts"],
        verifiedBy: "pg_is_in_recovery() is false, on a later timeline than before",
        undoneBy: "nothing: no server goes back to follow, so it goes with the run", isInstant: true)

    private let standby: Standby
    private let timeout: Duration

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        standby = try Standby(specification, on: target)
        timeout = specification.parameters.duration("timeout") ?? .seconds(60)
        try standby.requireScratch(target, because: "a promotion cannot be taken back")
    }

    public func plan() async throws -> [Change] {
        let status = try await standby.statusInRecovery()
        return [
            Change(
                subject: "recovery in \(standby.access.place)", prior: "timeline \(status.timeline)", value: "promoted",
                undo: .nothing
            ) { [standby, timeout] in
                let seconds = max(1, Int(timeout / .seconds(1)))
                let session = try await standby.access.open("brink-standby")
                defer { session.close() }
                let rows = try await session.query(
                    "SELECT pg_promote(true, $1::int)", ["\(seconds)"], timeout: timeout + .seconds(5))
                guard rows[0, 0] == "t" else {
                    throw FaultError("postgres.promote: not promoted after \(seconds) s; see the server's log")
                }
            }
        ]
    }

    public func observe() async throws -> Observation { await standby.observe() }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["recovering"] == 0 else { return .notYet("the standby is in recovery, or does not answer") }
        guard let timeline = now["timeline"], timeline > before["timeline"] ?? 0 else {
            return .notYet("the timeline is the same")
        }
        return .seen("it takes writes on timeline \(Int(timeline))")
    }
}
