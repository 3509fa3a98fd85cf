/// What a process of a PostgreSQL server does, told from its title.
public enum PostgresRole: String, Hashable, Sendable, CaseIterable {
    case postmaster
    /// A client's session.
    case backend
    case checkpointer
    case walwriter
    case backgroundWriter = "background-writer"
    case autovacuumLauncher = "autovacuum-launcher"
    case autovacuumWorker = "autovacuum-worker"
    /// Sends WAL to a standby or to a tool such as pg_basebackup.
    case walsender
    /// Of a standby: receives WAL.
    case walreceiver
    /// Replays WAL: during crash recovery, and always on a standby.
    case startup

    /// Titles are `postgres: [CLUSTER_NAME: ]checkpointer `, and `postgres: [CLUSTER_NAME: ]USER DATABASE HOST STATE`
    /// for sessions.
    func matches(_ title: String) -> Bool {
        guard title.hasPrefix("postgres: ") else { return false }
        var rest = title.dropFirst(10)
        // A cluster's name may have blanks.
        if let end = rest.firstRange(of: ": ") { rest = rest[end.upperBound...] }
        let words = rest.split(separator: " ")
        // A session names user, database and where its client is; the server's own workers do not. A user may be called
        // as one of those.
        let place = words.dropFirst(2).first
        let isSession = words.first != "walsender" && (place == "[local]" || place?.contains("(") ?? false)
        switch self {
        case .postmaster: return false
        case .checkpointer, .walwriter, .startup, .walsender, .walreceiver:
            return !isSession && words.first ?? "" == rawValue
        case .backgroundWriter, .autovacuumLauncher, .autovacuumWorker:
            return !isSession && words.prefix(2).joined(separator: "-") == rawValue
        case .backend: return isSession
        }
    }
}
