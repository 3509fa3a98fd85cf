import Engine
import LinuxSystem
import Postgres
import Scenarios

/// Which of a server's sessions is meant: the one with the oldest transaction among those that fit.
struct BackendChoice: Sendable {
    private let application: String?
    private let statement: String?
    private let transactionAge: Duration?

    /// Of pg_stat_activity: a session of anybody but Brink's own observers.
    static let isOfClient = "backend_type = 'client backend' AND application_name NOT LIKE 'brink-%'"

    static let parameters = [
        ParameterSchema(
            "application", .text, "For a backend: of this application_name; % and _ as LIKE has them."),
        ParameterSchema("statement", .text, "For a backend: its latest statement is like this; likewise."),
        ParameterSchema("transactionAge", .duration, "For a backend: its transaction is at least this old."),
    ]

    /// Nil when nothing is asked for, so that any will do.
    init?(_ parameters: Parameters) {
        application = parameters.text("application")
        statement = parameters.text("statement")
        transactionAge = parameters.duration("transactionAge")
        guard application != nil || statement != nil || transactionAge != nil else { return nil }
    }

    /// - Returns: nil when no session fits.
    func find(on access: DatabaseAccess, of server: PostgresServer, in table: ProcessTable) async throws
        -> ProcessIdentity?
    {
        let session = try await access.open("brink-choice")
        defer { session.close() }
        let rows = try await session.query(
            """
            SELECT pid FROM pg_stat_activity
            WHERE \(Self.isOfClient)
              AND ($1::text IS NULL OR application_name LIKE $1) AND ($2::text IS NULL OR query LIKE $2)
              AND ($3::float IS NULL OR now() - xact_start >= make_interval(secs => $3::float))
            ORDER BY xact_start NULLS LAST, backend_start LIMIT 1
            """, [application, statement, transactionAge.map { "\($0.inSeconds)" }])
        guard rows.count == 1, let pid = rows[0, 0].flatMap({ Int32($0) }) else { return nil }
        return try server.backend(pid, in: table)
    }
}
