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

    /// Asks as the server's own user where it listens. A password comes from where libpq looks for one (PGPASSFILE).
    func look() async -> Finding {
        do {
            let address = try server.address()
            guard let entry = getpwuid(server.startup.user) else {
                return .unreadable("user \(server.startup.user), whose server it is, has no name")
            }
            let user = String(cString: entry.pointee.pw_name)
            let connection = "host=\(address.host) port=\(address.port) user=\(user) dbname=postgres"
            let options = PostgresSessionOptions(
                connectTimeout: .seconds(1), statementTimeout: .seconds(1), applicationName: "brink-probe")
            let session = try await PostgresSession.connect(connection, options: options)
            defer { session.close() }
            let rows = try await session.query(
                "SELECT pg_backend_pid(), pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')")
            // In another network namespace the same address can be another server's.
            let pid = rows[0, 0].flatMap { Int32($0) }
            let isOurs = try table.descendants(of: [try server.postmaster().pid]).contains {
                (try? table.innermostPID(of: $0)) == pid
            }
            guard isOurs else { return .unreadable("what answers on port \(address.port) is another server") }
            guard rows[0, 1] == "t" else { return .unreadable("role \(user) lacks pg_read_all_stats") }
            return .connection(connection)
        } catch {
            return .unreadable("\(error)")
        }
    }
}
