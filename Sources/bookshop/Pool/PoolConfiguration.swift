/// How the connection pool behaves.
struct PoolConfiguration: Sendable {
    /// The most connections, those being made included.
    var size = 10
    /// How long a checkout waits for a connection.
    var checkoutTimeout = Duration.seconds(2)
    /// The most callers that wait for a connection; one more is refused at once.
    var queueLimit = 500
    /// How long a connection stays unused before it is closed. The last one stays.
    var idleTimeout = Duration.seconds(60)
    /// How often an unused connection is tried with a statement.
    var healthCheckInterval = Duration.seconds(5)
    /// The most connections being made at once: a server that comes back is not trampled.
    var concurrentConnects = 4
    /// The first reconnection waits at most this long, each further one twice as long as the one before …
    var backoffBase = Duration.milliseconds(50)
    /// … but never longer than this.
    var backoffCap = Duration.seconds(2)
    /// Off under the weakness `no-reconnect`.
    var replacesBrokenConnections = true
    /// On under the weakness `leaks-connection-on-cancel`.
    var leaksOnCancel = false
}
