import Engine
import Glibc
import LinuxSystem
import Postgres

/// Finds a way to look into a server that Brink did not start.
struct ServerObserver: Sendable {
    let server: PostgresServer
    let table: ProcessTable

    /// How the server's sessions can be read; or why they cannot.
    enum Finding: Sendable {
        case connection(String)
        case unreadable(String)
    }

    /// libpq settings of the server's own user, where the server listens.
    func connection() throws -> String {
        let address = try server.address()
        guard let entry = getpwuid(server.startup.user) else {
            throw FaultError("user \(server.startup.user), whose server it is, has no name")
        }
        let user = String(cString: entry.pointee.pw_name)
        return "host=\(address.host) port=\(address.port) user=\(user) dbname=postgres"
    }

    /// Asks as the server's own user where it listens. A password comes from where libpq looks for one (PGPASSFILE).
    func look() async -> Finding {
        do {
            let connection = try connection()
            let options = PostgresSessionOptions(
                connectTimeout: .seconds(1), statementTimeout: .seconds(1), applicationName: "brink-probe")
            let session = try await PostgresSession.connect(connection, options: options)
            defer { session.close() }
            let rows = try await session.query(
                "SELECT pg_backend_pid(), pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')")
            // In another network namespace the same address can be another server's.
            guard let pid = rows[0, 0].flatMap({ Int32($0) }), try server.backend(pid, in: table) != nil else {
                return .unreadable("what answers there is another server")
            }
            guard rows[0, 1] == "t" else { return .unreadable("its own role lacks pg_read_all_stats") }
            return .connection(connection)
        } catch {
            return .unreadable("\(error)")
        }
    }
}
