import Foundation
import Postgres
import Synchronization

/// The load as plain SQL on a table of Brink's own, for services that have no HTTP or for PostgreSQL itself.
public actor SQLTransport: LoadTransport {
    private let database: String
    private let direct: String
    private let timeout: Duration
    private let removing: String?
    private var idle: [PostgresSession] = []

    /// - Parameters:
    ///   - database: connection string, through whatever the scenario puts in between.
    ///   - direct: connection string past all that, for preparing the table and reading it afterwards.
    ///   - removing: prefix of the rows that are taken back in the end, with the table if the run made it; nil for a
    ///     server that goes with the run.
    public init(database: String, direct: String, timeout: Duration, removing: String? = nil) {
        self.database = database
        self.direct = direct
        self.timeout = timeout
        self.removing = removing
    }

    /// Creates the table the load writes to.
    public func prepare() async throws {
        try await OrdersTable(connection: direct).make()
    }

    public func send(_ request: LoadRequest) async -> (RequestOutcome, WriteOutcome) {
        let session: PostgresSession
        do throws(PostgresError) {
            session = try await takeSession()
        } catch {
            return (outcome(of: error), .failed)
        }
        do throws(PostgresError) {
            switch request {
            case .order(let key, let book, let quantity):
                _ = try await session.query(
                    "INSERT INTO brink.orders VALUES ($1, $2::int, $3::int) ON CONFLICT DO NOTHING",
                    [key, String(book), String(quantity)], timeout: timeout)
            case .book(let id), .author(let id):
                _ = try await session.query(
                    "SELECT key, quantity FROM brink.orders WHERE book = $1::int LIMIT 10", [String(id)],
                    timeout: timeout)
            case .page(let first, let offset):
                _ = try await session.query(
                    "SELECT key FROM brink.orders ORDER BY key LIMIT $1::int OFFSET $2::int",
                    [String(first), String(offset)], timeout: timeout)
            case .bestsellers:
                _ = try await session.query(
                    "SELECT book, sum(quantity) FROM brink.orders GROUP BY book ORDER BY 2 DESC LIMIT 10", [],
                    timeout: timeout)
            }
            idle.append(session)
            return (.success, .acked)
        } catch {
            session.close()
            return (outcome(of: error), writeOutcome(of: error))
        }
    }

    public func storedKeys(prefix: String) async throws -> Set<String> {
        try await StoredOrders.keys(prefix: prefix, database: direct, table: OrdersTable.name)
    }

    public func shutdown() async throws {
        for session in idle { session.close() }
        idle = []
        guard let removing else { return }
        do throws(PostgresError) {
            try await OrdersTable(connection: direct).remove(removing)
        } catch {
            throw LeftoverRows(prefix: removing, cause: error)
        }
    }

    private func takeSession() async throws(PostgresError) -> PostgresSession {
        while let session = idle.popLast() {
            if !session.isClosed { return session }
        }
        return try await PostgresSession.connect(database)
    }

    private func outcome(of error: PostgresError) -> RequestOutcome {
        .failure(error.loadClass, detail: error.description, sqlState: error.sqlState)
    }

    private func writeOutcome(of error: PostgresError) -> WriteOutcome {
        error.sqlState.map(SQLState.rulesOutCommit) == true ? .failed : .unknown
    }
}

extension PostgresError {
    /// The class under which the load counts this error.
    var loadClass: RequestOutcome.ErrorClass {
        switch kind {
        case .connectionRefused: .refused
        case .connectionLost: .reset
        case .timeout: .timeout
        case .server: .sql
        case .tooManyOpenFiles: .descriptors
        case .connectionFailed: sqlState == nil ? .other : .sql
        default: .other
        }
    }
}
