import Engine
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// Cuts the link between a standby and the server that it streams from.
public struct ReplicationCutFault: FaultKind {
    public static let schema = FaultSchema(
        name: "postgres.replication_cut",
        summary: "Cuts a standby off: primary_conninfo leads to a port where nobody listens, so its walreceiver ends "
            + "and no other gets through. Commits that wait for the standby hang.",
        targets: [.postgres], parameters: [],
        requirements: [
            "a standby that streams", "PostgreSQL 13 or newer", "a role that may read all settings", "writes",
        ],
        verifiedBy: "the standby has no walreceiver, its slot on the primary is idle, and it lacks ever more WAL",
        undoneBy: "putting the bytes of postgresql.auto.conf back, then SIGHUP; of a standby that Brink made, also "
            + "that it has caught up with what was written meanwhile")

    private let target: ResolvedTarget
    private let standby: Standby
    private let primary = PrimaryLink()

    /// tcpmux, which nobody has served for decades (RFC 7805 made it historic): refused at once.
    private static let line = "primary_conninfo = 'host=127.0.0.1 port=1 user=postgres'\n"
    private static let patience = Duration.seconds(30)

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        standby = try Standby(specification, on: target)
    }

    public func plan() async throws -> [Change] {
        let session = try await standby.access.open("brink-standby")
        defer { session.close() }
        let status = try await standby.statusWhenStreaming(asking: session)
        guard status.isInRecovery, status.isStreaming else {
            throw FaultError("postgres.replication_cut: \(standby.access.place) does not stream: nothing to cut")
        }
        guard session.serverVersion >= 130_000 else {
            throw FaultError("postgres.replication_cut: only since PostgreSQL 13 a standby reads primary_conninfo anew")
        }
        try await primary.learn(from: session)
        let file = try standby.server.automaticConfiguration(adding: Self.line, needsRestart: false)
        return [
            Change(
                subject: file.path, prior: "\(file.prior.count) bytes", value: "one more line: \(Self.line.dropLast())",
                undo: target.isScratchCluster
                    ? .inProcess { await rejoin(file) } : .journaled(.restoreServerFile(file))
            ) { [server = standby.server] in
                try await Blocking.run {
                    try file.write(file.injected)
                    try server.reload()
                }
            }
        ]
    }

    /// Puts the file back and waits until the standby has what the primary had by then. The slot kept it.
    private func rejoin(_ file: ServerFile) async -> UndoOutcome {
        let outcome = await Blocking.run { [server = standby.server] () -> UndoOutcome in
            do throws(SystemError) { return try server.restore(file) } catch { return .failed(error.description) }
        }
        // Whoever else is down is not this fault's to wait for.
        guard !outcome.isResidue, let goal = await primary.look()?.end else { return outcome }
        let end = MonotonicClock.now() + Self.patience
        while MonotonicClock.now() < end {
            await Blocking.run { MonotonicClock.pause(milliseconds: 50) }
            guard let status = try? await standby.status() else {
                guard (try? standby.server.postmaster()) != nil else { return outcome }
                continue
            }
            if !status.isInRecovery || status.isStreaming && status.received >= goal { return outcome }
            guard await primary.look() != nil else { return outcome }
        }
        return .failed("\(standby.access.place): not caught up with its primary after 30 s; the file is as it was")
    }

    public func observe() async throws -> Observation {
        var figures = await standby.observe()
        if let sight = await primary.look() {
            figures["end"] = sight.end
            figures["followed"] = sight.isFollowed ? 1 : 0
        }
        return figures
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["receiving"] == 0 else { return .notYet("the standby has a walreceiver, or does not answer") }
        guard let end = now["end"], let received = now["received"] else {
            return .notYet("the primary does not say how far it is")
        }
        guard now["followed"] == 0 else { return .notYet("the standby's slot is still in use") }
        guard end > received else { return .notYet("the primary has written nothing that the standby could lack") }
        return .seen("no walreceiver, an idle slot, and the standby lacks \(Int(end - received)) bytes of WAL")
    }
}
