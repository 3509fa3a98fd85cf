import Engine
import LinuxSystem
import Postgres
import Scenarios

/// Has a standby replay commits only some time after they were made.
public struct ReplicationLagFault: FaultKind {
    public static let schema = FaultSchema(
        name: "postgres.replication_lag",
        summary: "Has a standby replay every commit only some time after it was made (recovery_min_apply_delay): reads "
            + "from it are late by that time.",
        targets: [.postgres],
        parameters: [ParameterSchema("delay", .duration, required: true, "How late, from 1ms to 24h.")],
        requirements: ["a standby", "a role that may read all settings", "writes"],
        verifiedBy: "a commit was replayed since, the latest one is older than the delay, and later ones wait",
        undoneBy: "putting the bytes of postgresql.auto.conf back, then SIGHUP: it catches up at once")

    private let target: ResolvedTarget
    private let standby: Standby
    private let delay: Duration

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        standby = try Standby(specification, on: target)
        delay = specification.parameters.duration("delay") ?? .zero
        guard delay >= .milliseconds(1), delay <= .seconds(86_400) else {
            throw FaultError("postgres.replication_lag: delay must be from 1ms to 24h")
        }
    }

    public func plan() async throws -> [Change] {
        _ = try await standby.statusInRecovery()
        let line = "recovery_min_apply_delay = '\(Int(delay / .milliseconds(1)))ms'\n"
        let file = try standby.server.automaticConfiguration(adding: line, needsRestart: false)
        return [
            Change(
                subject: file.path, prior: "\(file.prior.count) bytes", value: "one more line: \(line.dropLast())",
                undo: .restoring(file, of: target)
            ) { [server = standby.server] in
                try await Blocking.run {
                    try file.write(file.injected)
                    try server.reload()
                }
            }
        ]
    }

    public func observe() async throws -> Observation { await standby.observe() }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard let received = now["received"], let replayed = now["replayed"], let last = now["lastCommit"],
            let clock = now["now"]
        else { return .notYet("the standby does not answer") }
        // The age of the latest commit alone says nothing where nobody writes.
        guard received > replayed, last > before["lastCommit"] ?? 0 else {
            return .notYet("no commit was seen to wait and then to be replayed")
        }
        let lag = clock - last
        guard lag >= delay / .seconds(1) else {
            return .notYet("the standby is \(Int(lag * 1000)) ms late")
        }
        return .seen("the standby is \(Int(lag * 1000)) ms late; \(Int(received - replayed)) bytes wait for replay")
    }
}
