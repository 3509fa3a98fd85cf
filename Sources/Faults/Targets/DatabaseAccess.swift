import Engine
import LinuxSystem
import Postgres

/// How Brink asks a PostgreSQL server by SQL.
public struct DatabaseAccess: Sendable {
    /// libpq settings without a password: that comes from where libpq looks for one (PGPASSFILE).
    public let connection: String
    /// The cluster on this host; nil for a server of which nothing but a connection is known.
    public let cluster: PostgresServer?
    /// Whether the cluster was made for this run and goes with it.
    public let isScratch: Bool
    private let table: ProcessTable

    static let patience = Duration.seconds(2)

    public init(
        connection: String, cluster: PostgresServer? = nil, isScratch: Bool = false,
        table: ProcessTable = ProcessTable()
    ) {
        self.connection = connection
        self.cluster = cluster
        self.isScratch = isScratch
        self.table = table
    }

    /// Where it leads, for messages.
    var place: String { cluster?.dataDirectory ?? "the server behind the connection string" }

    /// Opens a session that is surely one of the target's.
    ///
    /// Of a cluster on this host, data directory, postmaster and system identifier must agree: the process that answers
    /// is a child of the postmaster that runs in the data directory, and tells the number which that directory holds.
    /// - Parameter name: its application_name; `brink-` keeps it out of the counts of users.
    /// - Throws: `FaultError` when another server answers, or what the connection says.
    func open(_ name: String, within patience: Duration = DatabaseAccess.patience) async throws -> PostgresSession {
        var options = PostgresSessionOptions(
            connectTimeout: patience, statementTimeout: patience, applicationName: name)
        // A fault may have given the server limits that not even the first question would outlive.
        if cluster != nil {
            options.settings = ["statement_timeout": "0", "lock_timeout": "0", "work_mem": "4MB"]
        }
        let session = try await PostgresSession.connect(connection, options: options)
        do {
            try await confirm(session)
            // A connection string may have a name of its own, which would win.
            try await session.query("SELECT set_config('application_name', $1, false)", [name])
        } catch {
            session.close()
            throw error
        }
        return session
    }

    /// Makes sure that what answers is the very cluster that is meant, before anything of it is touched by whatever means.
    /// A server that does not answer now is not asked: whoever needs it to will find out.
    /// - Throws: `FaultError` when it is another.
    public func confirmCluster() async throws(FaultError) {
        do {
            try await open("brink-identity").close()
        } catch let error as FaultError {
            throw error
        } catch let error as PostgresError where Self.isRefusal(error) {
            throw FaultError(
                "refused: what answers lets Brink not in (\(error.message)), so nobody knows whose it is: give a connection "
                    + "that may ask for its system identifier")
        } catch {
            return
        }
    }

    /// Whether somebody answered and said no: a wrong password, role or database (SQLSTATE classes 28 and 3D).
    private static func isRefusal(_ error: PostgresError) -> Bool {
        ["28", "3D"].contains { error.sqlState?.hasPrefix($0) ?? false }
    }

    private func confirm(_ session: PostgresSession) async throws {
        guard let cluster else { return }
        guard try cluster.backend(session.backendPID, in: table) != nil else {
            throw FaultError(
                "refused: what answers is no process of \(cluster.dataDirectory) but another server: not touched")
        }
        let rows = try await session.query("SELECT system_identifier FROM pg_control_system()")
        let identifier = try cluster.systemIdentifier()
        guard rows[0, 0] == String(Int64(bitPattern: identifier)) else {
            throw FaultError(
                "refused: the server that answers has system identifier \(rows[0, 0] ?? "?"), the data directory "
                    + "\(cluster.dataDirectory) has \(identifier): not touched")
        }
    }
}
