import Engine
import LinuxSystem
import Postgres
import Scenarios

/// The standby that a fault of replication acts on.
struct Standby: Sendable {
    let server: PostgresServer
    let access: DatabaseAccess
    private let fault: String

    /// - Throws: when the target is no PostgreSQL cluster that can be asked by SQL.
    init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        server = try target.requirePostgres(for: specification.name)
        access = try target.requireDatabase(for: specification.name)
        fault = specification.name
    }

    /// For what a journal could not take back.
    func requireScratch(_ target: ResolvedTarget, because reason: String) throws(FaultError) {
        guard target.isScratchCluster else {
            throw FaultError("refused: \(fault): \(reason): only a standby that the scenario starts is hit so")
        }
    }

    /// What it says now.
    func status() async throws -> StandbyStatus {
        let session = try await access.open("brink-standby")
        defer { session.close() }
        return try await StandbyStatus(asking: session)
    }

    /// What it says now, for a plan.
    /// - Throws: `FaultError` when it is no standby, or no more.
    func statusInRecovery() async throws -> StandbyStatus {
        let status = try await status()
        guard status.isInRecovery else {
            throw FaultError("\(fault): \(access.place) replays no WAL of another server: it is no standby")
        }
        return status
    }

    /// What it says once it streams, or when that was waited for in vain: one that has just lost its connection tries again
    /// after `wal_retrieve_retry_interval`, five seconds by default.
    func statusWhenStreaming(asking session: PostgresSession) async throws -> StandbyStatus {
        let end = MonotonicClock.now() + .seconds(10)
        while true {
            let status = try await StandbyStatus(asking: session)
            if status.isStreaming || !status.isInRecovery || MonotonicClock.now() > end { return status }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    func execute(_ sql: String, within patience: Duration = DatabaseAccess.patience) async throws {
        let session = try await access.open("brink-standby")
        defer { session.close() }
        try await session.execute(sql, timeout: patience)
    }

    /// What it says, as figures; none while it does not answer.
    func observe() async -> Observation {
        guard let status = try? await status() else { return [:] }
        return [
            "recovering": status.isInRecovery ? 1 : 0, "receiving": status.receiver == nil ? 0 : 1,
            "received": status.received, "replayed": status.replayed, "lastCommit": status.lastCommit,
            "now": status.now, "paused": status.isReplayPaused ? 1 : 0, "timeline": Double(status.timeline),
        ]
    }
}
