/// A mistake that real services make, switched on by name so that Brink can show that it finds it.
///
/// Each one changes the behaviour at exactly one place; without it the service does the right thing there.
enum Weakness: String, Sendable, CaseIterable {
    /// `placeOrder` answers before its transaction is committed.
    case ackBeforeCommit = "ack-before-commit"
    /// Everybody who misses an entry of the cache loads it.
    case cacheStampede = "cache-stampede"
    /// A broken connection stays in the pool.
    case noReconnect = "no-reconnect"
    /// A token that says it is unsigned is accepted.
    case acceptsAlgNone = "accepts-alg-none"
    /// When a token expires is not looked at.
    case acceptsExpiredToken = "accepts-expired-token"
    /// Any key of the issuer will do, whichever a token names.
    case ignoresKid = "ignores-kid"
    /// Every request has the issuer's keys fetched.
    case fetchesJWKSAlways = "fetches-jwks-always"
    /// An entry's expiry means nothing.
    case servesExpiredCache = "serves-expired-cache"
    /// A write leaves older answers in the cache.
    case staleAfterWrite = "stale-after-write"
    /// What is in the cache is taken for what was put there.
    case trustsCache = "trusts-cache"
    /// What is remembered of a token is taken for what was remembered.
    case trustsTokenMemory = "trusts-token-memory"
    /// A request waits for a connection without end.
    case noPoolTimeout = "no-pool-timeout"
    /// A client that hangs up costs the pool a connection.
    case leaksConnectionOnCancel = "leaks-connection-on-cancel"
    /// Any number of requests wait for a connection.
    case unboundedQueue = "unbounded-queue"
    /// What failed is tried again at once, many times.
    case retryStorm = "retry-storm"
    /// An order whose outcome is unknown is placed again as another one.
    case retriesNonIdempotent = "retries-non-idempotent"
    /// The victim of a deadlock is not tried again.
    case noDeadlockRetry = "no-deadlock-retry"
    /// A statement may take for ever.
    case noStatementTimeout = "no-statement-timeout"
    /// A connection that cannot be made is tried again at once.
    case noBackoff = "no-backoff"
    /// `/ready` does not ask the database.
    case healthLies = "health-lies"
    /// An error becomes an empty answer.
    case swallowsErrors = "swallows-errors"
    /// A client's connection that was reset keeps its descriptor.
    case leaksDescriptorsOnReset = "leaks-descriptors-on-reset"
    /// Each error keeps memory.
    case leaksMemoryOnError = "leaks-memory-on-error"
    /// Without a database it does not start.
    case needsDatabaseAtStart = "needs-database-at-start"

    var explanation: String {
        switch self {
        case .ackBeforeCommit:
            "placeOrder answers after its INSERT ran and commits in the background, when 4 more orders came or 2 s "
                + "passed: a crash in between loses acknowledged orders"
        case .cacheStampede:
            "no single flight: everybody who misses an entry of the cache asks the database for it at the same time"
        case .noReconnect:
            "a connection that broke is never replaced: it stays in the pool and fails every statement"
        case .acceptsAlgNone:
            "a token whose header says alg: none is accepted without a signature, whatever it claims"
        case .acceptsExpiredToken: "the time at which a token expires is not looked at"
        case .ignoresKid:
            "a token is tried with every key of the issuer, whichever it names and whether or not it names one"
        case .fetchesJWKSAlways: "the issuer's keys are fetched at every request, and each waits for them"
        case .servesExpiredCache:
            "an entry of the cache that has expired is given out for as long as it is there, whatever was written since"
        case .staleAfterWrite:
            "a write leaves the answers that it makes stale in the cache until they expire"
        case .trustsCache:
            "an entry of the cache is given out without a look at whether the service itself put it there"
        case .trustsTokenMemory:
            "what is remembered of an accepted token is believed without a look at whether it is that token's"
        case .noPoolTimeout: "--pool-checkout-timeout is not kept: a request waits for a connection without end"
        case .leaksConnectionOnCancel:
            "a connection that a query had when its client hung up is not given back: the pool is one smaller for ever"
        case .unboundedQueue: "--pool-queue is not kept: any number of requests wait for a connection"
        case .retryStorm:
            "whatever the database refuses or does not answer in time is tried again at once, up to "
                + "\(RetryPolicy.storm.most) times"
        case .retriesNonIdempotent:
            "an order whose commit nobody knows the outcome of is placed again under another key: it may be there twice"
        case .noDeadlockRetry:
            "the victim of a deadlock or of a failed serialization is told so instead of being tried again"
        case .noStatementTimeout: "--statement-timeout is not kept: a statement may take for ever"
        case .noBackoff: "a connection that cannot be made is tried again at once and for ever"
        case .healthLies: "GET /ready says ready without asking the database"
        case .swallowsErrors: "what fails is answered with empty data and no error"
        case .leaksDescriptorsOnReset: "the descriptor of a client's connection that was reset stays open"
        case .leaksMemoryOnError: "each error keeps \(ErrorArchive.bytesPerError >> 10) KiB of memory"
        case .needsDatabaseAtStart: "it exits with 69 when the database cannot be reached at its start"
        }
    }
}
