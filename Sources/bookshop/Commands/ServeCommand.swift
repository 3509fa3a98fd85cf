import ArgumentParser
import Foundation
import Logging
import PlainHTTP
import Postgres

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve the shop over HTTP: POST /graphql, GET /health, /ready and /metrics.",
        discussion: """
            Durations are written 250ms, 2s or 1m. Log level: LOG_LEVEL, warning by default. Tokens are accepted 5 s \
            before they are valid and after they have expired, as clocks differ. With BOOKSHOP_CONTROL_TOKEN, and on \
            loopback, GET and POST /control/tokens read and damage the memory of accepted tokens, for tests.
            """)

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 takes a free one and says which.")
    var port = 8080

    @OptionGroup var database: DatabaseOption

    @Option(help: "The most database connections.")
    var poolSize = 10

    @Option(help: "How long a request waits for a connection.")
    var poolCheckoutTimeout = DurationArgument.milliseconds(2000)

    @Option(help: "The most requests that wait for a connection; one more is refused at once.")
    var poolQueue = 500

    @Option(help: "How long an unused connection is kept.")
    var poolIdleTimeout = DurationArgument.milliseconds(60_000)

    @Option(help: "How often an unused connection is tried.")
    var poolHealthCheck = DurationArgument.milliseconds(5000)

    @Option(help: "How long one statement may take, and making a connection.")
    var statementTimeout = DurationArgument.milliseconds(5000)

    @Option(help: "How long an answer may be given again; 0s for no cache.")
    var cacheTtl = DurationArgument.milliseconds(1000)

    @Option(help: "The most answers in the cache.")
    var cacheEntries = 1000

    @Option(
        help: ArgumentHelp(
            "Where the answers are kept: memory, table (bookshop.cache, unlogged) or redis://HOST:PORT.",
            valueName: "place"))
    var cacheIn = CachePlace.memory

    @Option(help: "How long one access to the cache may take; then the database is asked.")
    var cacheTimeout = DurationArgument.milliseconds(100)

    @Option(help: "How long after its expiry an answer is still given when the database cannot be asked.")
    var cacheStale = DurationArgument.milliseconds(0)

    @Option(
        help: ArgumentHelp(
            "A file with the token for POST /control/cache and /control/tokens, which are off without one.",
            discussion: "Or set BOOKSHOP_CONTROL_TOKEN. Only on loopback; the cache only with --cache-in memory.",
            valueName: "path"))
    var controlTokenFile: String?

    @Option(help: ArgumentHelp("Where the token issuer's keys are.", valueName: "url"))
    var jwksUrl: String?

    @Option(help: "How long to leave the issuer alone after a fetch of its keys, whatever tokens come.")
    var jwksInterval = DurationArgument.milliseconds(5000)

    @Option(help: "The age at which the keys are fetched again, so that withdrawn ones go away.")
    var jwksMaxAge = DurationArgument.milliseconds(60_000)

    @Option(help: "The audience that tokens must be for.")
    var audience = "bookshop"

    @Option(help: "The issuer that tokens must come from.")
    var issuerName = "bookshop-issuer"

    @Flag(help: "Answer without tokens.")
    var noAuth = false

    @Option(
        name: .customLong("weakness"),
        help: ArgumentHelp("A mistake to make on purpose; 'help' lists them. May be repeated.", valueName: "name"))
    var weaknessNames: [String] = []

    private var weaknesses: Set<Weakness> { Set(weaknessNames.compactMap(Weakness.init(rawValue:))) }

    func validate() throws {
        if weaknessNames.contains("help") {
            for weakness in Weakness.allCases { print("\(weakness.rawValue): \(weakness.explanation)") }
            throw ExitCode.success
        }
        if let unknown = weaknessNames.first(where: { Weakness(rawValue: $0) == nil }) {
            throw ValidationError("unknown weakness '\(unknown)'; --weakness help lists them")
        }
        guard (0...65_535).contains(port) else { throw ValidationError("--port must be from 0 to 65535") }
        guard (1...1000).contains(poolSize) else { throw ValidationError("--pool-size must be from 1 to 1000") }
        guard (0...1_000_000).contains(poolQueue) else {
            throw ValidationError("--pool-queue must be from 0 to 1000000")
        }
        guard (0...1_000_000).contains(cacheEntries) else {
            throw ValidationError("--cache-entries must be from 0 to 1000000")
        }
        for (name, value) in [
            ("pool-checkout-timeout", poolCheckoutTimeout), ("pool-idle-timeout", poolIdleTimeout),
            ("pool-health-check", poolHealthCheck), ("statement-timeout", statementTimeout),
            ("cache-timeout", cacheTimeout),
        ] where value.duration <= .zero {
            throw ValidationError("--\(name) must be longer than nothing")
        }
    }

    /// Not in `validate`, which comes before the complaint about an unknown option.
    private func checkPresence() throws {
        _ = try database.connectionString()
        guard noAuth || jwksUrl != nil else {
            throw ValidationError("no keys to check tokens with: use --jwks-url, or --no-auth to answer without tokens")
        }
        if let jwksUrl, !noAuth {
            let scheme = URL(string: jwksUrl)?.scheme
            guard scheme == "http" else {
                throw ValidationError("--jwks-url must be an http URL: TLS ends before bookshop")
            }
        }
    }

    func run() async throws {
        try checkPresence()
        var logger = Logger(label: "bookshop")
        logger.logLevel =
            ProcessInfo.processInfo.environment["LOG_LEVEL"].flatMap(Logger.Level.init(rawValue:)) ?? .warning
        try await serve(logger: logger)
    }

    private func serve(logger: Logger) async throws {
        let metrics = Metrics()
        let pool = ConnectionPool(
            connectionString: try database.connectionString(), configuration: poolConfiguration,
            sessionOptions: PostgresSessionOptions(
                connectTimeout: statementTimeout.duration,
                statementTimeout: weaknesses.contains(.noStatementTimeout) ? Self.endless : statementTimeout.duration,
                applicationName: "bookshop"),
            metrics: metrics)
        let store = try CacheStoreMaker(
            database: try database.connectionString(), timeout: cacheTimeout.duration, capacity: cacheEntries
        ).make(cacheIn)
        let cache = ResultCache(
            cachePolicy, in: store.place, seal: CacheSeal(verifies: !weaknesses.contains(.trustsCache)),
            metrics: metrics)
        if weaknesses.contains(.needsDatabaseAtStart) { try await reachDatabase() }
        let retries = RetryPolicy(metrics: metrics, rules: retryRules)
        let shop = Shop(
            pool: pool,
            orders: OrderDesk(
                pool: pool, retries: retries, metrics: metrics,
                acknowledgesBeforeCommit: weaknesses.contains(.ackBeforeCommit),
                placesUnknownAgain: weaknesses.contains(.retriesNonIdempotent), logger: logger),
            retries: retries, metrics: metrics)
        let tokens = verifier(metrics: metrics, logger: logger)
        let controls = try controls(of: store.place, tokens)
        let responder = ShopResponder(
            executor: GraphQLExecutor(
                shop: shop, cache: cache, swallowsErrors: weaknesses.contains(.swallowsErrors)),
            pool: pool, cache: cache,
            tokens: tokens, tokenControl: controls.tokens, metrics: metrics,
            page: MetricsPage(metrics: metrics, process: ProcessStatistics()),
            control: controls.cache, readyTimeout: min(statementTimeout.duration, .seconds(2)),
            healthLies: weaknesses.contains(.healthLies),
            errorArchive: weaknesses.contains(.leaksMemoryOnError) ? ErrorArchive() : nil)
        try await HTTPService(
            responder: responder, host: host, port: port, metrics: metrics, logger: logger,
            leaksDescriptors: weaknesses.contains(.leaksDescriptorsOnReset), services: [pool] + store.services
        ).run()
    }

    private var cachePolicy: CachePolicy {
        CachePolicy(
            timeToLive: cacheTtl.duration, staleIfError: cacheStale.duration,
            sharesLoads: !weaknesses.contains(.cacheStampede), invalidates: !weaknesses.contains(.staleAfterWrite),
            respectsExpiry: !weaknesses.contains(.servesExpiredCache))
    }

    /// Where there is a token, on this machine only.
    /// - Throws: `ValidationError` when others could reach it.
    private func controls(
        of store: any CacheStore, _ verifier: TokenVerifier?
    ) throws -> (cache: CacheControl?, tokens: TokenControl?) {
        guard let token = try controlToken() else { return (nil, nil) }
        guard ["127.0.0.1", "::1", "localhost"].contains(host) else {
            throw ValidationError("bookshop is controlled over loopback only: --host \(host) is reached by others")
        }
        // Other places of the cache have ways of their own.
        let cache = (store as? MemoryStore).map { CacheControl(store: $0, token: token) }
        return (cache, verifier.map { TokenControl(memory: $0.accepted, secret: token) })
    }

    private func controlToken() throws -> String? {
        if let controlTokenFile {
            let text = try? String(contentsOfFile: controlTokenFile, encoding: .utf8)
            guard let token = text?.trimmingCharacters(in: .whitespacesAndNewlines), token.count >= 16 else {
                throw ValidationError(
                    "--control-token-file \(controlTokenFile) holds no token of 16 characters or more")
            }
            return token
        }
        guard let token = ProcessInfo.processInfo.environment["BOOKSHOP_CONTROL_TOKEN"], !token.isEmpty else {
            return nil
        }
        guard token.count >= 16 else {
            throw ValidationError("BOOKSHOP_CONTROL_TOKEN is shorter than 16 characters")
        }
        return token
    }

    private var poolConfiguration: PoolConfiguration {
        var configuration = PoolConfiguration()
        configuration.size = poolSize
        configuration.checkoutTimeout =
            weaknesses.contains(.noPoolTimeout) ? Self.endless : poolCheckoutTimeout.duration
        configuration.queueLimit = weaknesses.contains(.unboundedQueue) ? .max : poolQueue
        configuration.idleTimeout = poolIdleTimeout.duration
        configuration.healthCheckInterval = poolHealthCheck.duration
        configuration.replacesBrokenConnections = !weaknesses.contains(.noReconnect)
        configuration.leaksOnCancel = weaknesses.contains(.leaksConnectionOnCancel)
        if weaknesses.contains(.noBackoff) { configuration.backoffCap = .zero }
        return configuration
    }

    private var retryRules: RetryPolicy.Rules {
        if weaknesses.contains(.retryStorm) { return RetryPolicy.storm }
        return weaknesses.contains(.noDeadlockRetry) ? RetryPolicy.never : RetryPolicy.standard
    }

    /// Longer than anything runs, and short enough to be added to a time.
    private static let endless = Duration.seconds(365 * 86_400)

    /// The weakness `needs-database-at-start`: without one there is nothing to serve, so it had better end.
    private func reachDatabase() async throws {
        let connection = try database.connectionString()
        do throws(PostgresError) {
            let session = try await PostgresSession.connect(connection)
            session.close()
        } catch {
            throw CommandExit.failure("the database cannot be reached: \(error.description)", CommandExit.unavailable)
        }
    }

    private func verifier(metrics: Metrics, logger: Logger) -> TokenVerifier? {
        guard !noAuth, let jwksUrl else { return nil }
        return TokenVerifier(
            expectation: .init(audience: audience, issuer: issuerName),
            keyStore: KeyStore(
                url: jwksUrl, client: PlainHTTPClient(), metrics: metrics, logger: logger,
                minimumInterval: jwksInterval.duration, maximumAge: jwksMaxAge.duration),
            metrics: metrics, weaknesses: weaknesses)
    }
}
