import Engine
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// Pauses replay on a standby: it receives WAL and answers from an ever older past.
public struct ReplayPauseFault: FaultKind {
    public static let schema = FaultSchema(
        name: "postgres.replay_pause",
        summary: "Pauses replay on a standby: it goes on receiving WAL, and what it answers grows old.",
        targets: [.postgres], parameters: [], requirements: ["a standby that the scenario starts", "writes"],
        verifiedBy: "the standby says that replay is paused, and has received WAL that it does not replay",
        undoneBy: "pg_wal_replay_resume(); the pause lies in the server's memory and ends with it")

    private let standby: Standby
    private let table: ProcessTable

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        standby = try Standby(specification, on: target)
        table = target.table
        try standby.requireScratch(target, because: "a pause outlives Brink")
    }

    public func plan() async throws -> [Change] {
        let status = try await standby.statusInRecovery()
        guard !status.isReplayPaused else {
            throw FaultError("postgres.replay_pause: replay in \(standby.access.place) is paused already")
        }
        return [
            Change(
                subject: "replay in \(standby.access.place)", prior: "goes on", value: "paused",
                undo: .inProcess { [standby] in await ReplayPauseFault.resume(standby) }
            ) { [standby] in
                try await standby.execute("SELECT pg_wal_replay_pause()")
            }
        ]
    }

    private static func resume(_ standby: Standby) async -> UndoOutcome {
        // A server that is down has no pause, and after a promotion there is nothing to replay.
        guard (try? standby.server.postmaster()) != nil else { return .alreadyRestored }
        do {
            let status = try await standby.status()
            guard status.isInRecovery else { return .alreadyRestored }
            try await standby.execute("SELECT pg_wal_replay_resume()")
            guard try await !standby.status().isReplayPaused else { return .failed("replay is still paused") }
            return .restored
        } catch {
            return (try? standby.server.postmaster()) == nil ? .alreadyRestored : .failed("\(error)")
        }
    }

    public func observe() async throws -> Observation { await standby.observe() }

    public func verify(before: Observation, now: Observation) -> Verification {
        guard now["paused"] == 1 else { return .notYet("replay is not paused") }
        guard let received = now["received"], let replayed = now["replayed"], received > replayed else {
            return .notYet("replay is paused, but nothing was received since that it could be late with")
        }
        return .seen("replay is paused, \(Int(received - replayed)) bytes are received and not replayed")
    }
}
