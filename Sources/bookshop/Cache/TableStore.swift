import Postgres
import Synchronization

/// Entries in an UNLOGGED table of PostgreSQL, which a crash of the server empties.
///
/// It has a pool of connections of its own: whoever waits for the cache must not take what its loads need.
final class TableStore: CacheStore {
    private let pool: ConnectionPool
    private let timeout: Duration
    private let swept = Mutex(ContinuousClock.now)

    /// PostgreSQL forgets nothing by itself.
    private static let sweepInterval = Duration.seconds(10)

    /// - Parameter timeout: for one statement; waiting for a connection is bounded by the pool.
    init(pool: ConnectionPool, timeout: Duration) {
        self.pool = pool
        self.timeout = timeout
    }

    var isImmediate: Bool { false }
    var count: Int? { nil }

    func read(_ key: String) async throws(CacheStoreError) -> CacheLookup {
        let rows = try await run(
            "SELECT value, expiry > clock_timestamp() AS fresh FROM bookshop.cache WHERE key = $1", [key],
            answered: ["value", "fresh"])
        guard rows.count > 0, let value = rows[0, 0] else { return .missing }
        return rows[0, 1] == "t" ? .found(Array(value.utf8)) : .expired
    }

    func write(_ bytes: [UInt8], for key: String, lifetime: Duration) async throws(CacheStoreError) -> Int {
        _ = try await run(
            """
            INSERT INTO bookshop.cache (key, value, expiry)
            VALUES ($1, $2, clock_timestamp() + $3::float8 * interval '1 ms')
            ON CONFLICT (key) DO UPDATE SET value = excluded.value, expiry = excluded.expiry
            """, [key, String(decoding: bytes, as: UTF8.self), "\(lifetime / .milliseconds(1))"])
        try await sweep()
        return 0
    }

    func remove(_ keys: [String]) async throws(CacheStoreError) {
        for key in keys { _ = try await run("DELETE FROM bookshop.cache WHERE key = $1", [key]) }
    }

    private func sweep() async throws(CacheStoreError) {
        let isDue = swept.withLock { last in
            guard last.duration(to: .now) > Self.sweepInterval else { return false }
            last = .now
            return true
        }
        if isDue { _ = try await run("DELETE FROM bookshop.cache WHERE expiry < clock_timestamp()", []) }
    }

    /// - Parameter columns: of the answer.
    private func run(
        _ sql: String, _ parameters: [String?], answered columns: [String] = []
    ) async throws(CacheStoreError) -> PostgresRows {
        do throws(ServiceError) {
            return try await pool.withSession { session throws(ServiceError) in
                let rows: PostgresRows
                do throws(PostgresError) {
                    rows = try await session.query(sql, parameters, timeout: timeout)
                } catch {
                    throw ServiceError(error)
                }
                guard rows.columns == columns else { throw ServiceError.outOfStep(session) }
                return rows
            }
        } catch {
            throw error.code == .databaseError ? .refused(error.message) : .unavailable(error.message)
        }
    }
}
