import Postgres
import Redis
import ServiceLifecycle

/// Makes the place of the cache's entries that the command line asks for.
struct CacheStoreMaker: Sendable {
    let database: String
    let timeout: Duration
    let capacity: Int

    /// Connections of the table's own pool.
    private static let tableConnections = 4

    /// - Returns: the place, and what runs and ends with the service.
    func make(_ place: CachePlace) throws -> (place: any CacheStore, services: [any Service]) {
        switch place {
        case .memory: return (MemoryStore(capacity: capacity, timeout: timeout), [])
        case .redis(let address): return (RedisStore(client: RedisClient(address: address), timeout: timeout), [])
        case .table:
            var configuration = PoolConfiguration()
            configuration.size = Self.tableConnections
            configuration.checkoutTimeout = timeout
            let pool = ConnectionPool(
                connectionString: database, configuration: configuration,
                sessionOptions: PostgresSessionOptions(
                    // A connection is made beside the requests: it may take longer than an access.
                    connectTimeout: .seconds(5), statementTimeout: timeout, applicationName: "bookshop-cache"),
                // The pool's figures on the page are those of the pool that requests wait for.
                metrics: Metrics())
            return (TableStore(pool: pool, timeout: timeout), [pool])
        }
    }
}
