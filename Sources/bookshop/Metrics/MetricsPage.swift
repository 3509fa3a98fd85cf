/// The answer to `GET /metrics`.
struct MetricsPage: Sendable {
    let metrics: Metrics
    let process: ProcessStatistics

    func render(pool: PoolStatistics, cacheEntries: Int?) -> String {
        var page = OpenMetricsWriter()
        page.counter("bookshop_requests", "GraphQL requests.", metrics.requests)
        page.histogram("bookshop_request_seconds", "Time to answer a GraphQL request.", metrics.requestSeconds)
        page.counter(
            "bookshop_errors", "Errors by code, failed accepts and connects included for TOO_MANY_OPEN_FILES.",
            metrics.errors)

        page.counter(
            "bookshop_database_operations", "Root fields for which a transaction was begun.",
            metrics.databaseOperations.value)
        page.counter(
            "bookshop_database_attempts", "Transactions begun for them, those that were tried again included.",
            metrics.databaseAttempts.value)

        page.gauge(
            "bookshop_pool_connections", "Database connections by state.", label: "state",
            [("idle", pool.idle), ("in_use", pool.inUse), ("connecting", pool.connecting)])
        page.gauge("bookshop_pool_size", "The most database connections.", pool.size)
        page.gauge("bookshop_pool_waiting", "Callers waiting for a database connection.", pool.waiting)
        page.histogram(
            "bookshop_pool_checkout_seconds", "Time to get a database connection or to give up.",
            metrics.poolCheckoutSeconds)
        page.counter(
            "bookshop_pool_checkout_timeouts", "Checkouts that gave up.", metrics.poolCheckoutTimeouts.value)
        page.counter("bookshop_pool_connects", "Attempts to connect by outcome.", metrics.poolConnects)

        page.counter("bookshop_cache_requests", "Look-ups in the result cache by result.", metrics.cacheRequests)
        page.counter("bookshop_cache_loads", "Answers loaded from the database.", metrics.cacheLoads.value)
        page.counter(
            "bookshop_cache_stale", "Expired answers given for want of the database.", metrics.cacheStale.value)
        page.counter(
            "bookshop_cache_invalidations", "Writes that made answers unusable.", metrics.cacheInvalidations.value)
        page.counter("bookshop_cache_writes", "Entries put and removed by outcome.", metrics.cacheWrites)
        if let cacheEntries { page.gauge("bookshop_cache_entries", "Results in the cache.", cacheEntries) }
        page.counter(
            "bookshop_cache_evictions", "Results dropped to make room.", metrics.cacheEvictions.value)

        page.counter("bookshop_tokens", "Bearer tokens by result.", metrics.tokens)
        page.counter(
            "bookshop_token_memory_damage", "Remembered tokens that were found damaged and checked anew.",
            metrics.tokenMemoryDamage.value)
        page.counter("bookshop_jwks_fetches", "Fetches of the issuer's keys by outcome.", metrics.jwksFetches)

        if let openDescriptors = process.openDescriptors {
            page.gauge("process_open_fds", "Open file descriptors.", openDescriptors)
        }
        if let residentBytes = process.residentBytes {
            page.gauge("process_resident_memory_bytes", "Resident memory in bytes.", residentBytes)
        }
        page.counter("process_cpu_seconds", "CPU time used, user and system.", seconds: process.cpuSeconds)
        page.gauge("process_start_time_seconds", "Start of the process, Unix time.", process.startTime)
        page.end()
        return page.text
    }
}
