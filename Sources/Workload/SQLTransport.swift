import Foundation
import Postgres
import Synchronization

/// The load as plain SQL on a table of Brink's own, for services that have no HTTP or for PostgreSQL itself.
public actor SQLTransport: LoadTransport {
    private let database: String
    private let direct: String
    private let timeout: Duration
    private var idle: [PostgresSession] = []

    /// - Parameters:
    ///   - database: connection string, through whatever the scenario puts in between.
    ///   - direct: connection string past all that, for preparing the table and reading it afterwards.
    public init(database: String, direct: String, timeout: Duration) {
        self.database = database
        self.direct = direct
        self.timeout = timeout
    }

    /// Creates the table the load writes to.
    public func prepare() async throws {
        let session = try await PostgresSession.connect(direct)
        defer { session.close() }
        _ = try await session.execute(
            """
            CREATE SCHEMA IF NOT EXISTS brink;
            CREATE TABLE IF NOT EXISTS brink.orders (key text PRIMARY KEY, book int NOT NULL, quantity int NOT NULL);
            """)
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
        try await StoredOrders.keys(prefix: prefix, database: direct, table: "brink.orders")
    }

    public func shutdown() async throws {
        for session in idle { session.close() }
        idle = []
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
        guard let state = error.sqlState, !["08", "57", "58", "XX"].contains(String(state.prefix(2))) else {
            return .unknown
        }
        return .failed
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
