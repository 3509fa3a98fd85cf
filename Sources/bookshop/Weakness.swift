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
        }
    }
}
