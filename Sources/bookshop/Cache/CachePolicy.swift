/// How long answers are given again, and the mistakes that the cache is to make.
struct CachePolicy: Sendable {
    /// Zero switches the cache off, single flight included.
    var timeToLive: Duration
    /// How long after its expiry an answer is still given when the database cannot be asked (stale-if-error, RFC 5861).
    var staleIfError = Duration.zero
    /// Whether one load serves all who ask for it; without it, the weakness `cache-stampede`.
    var sharesLoads = true
    /// Whether a write makes older answers unusable; without it, the weakness `stale-after-write`.
    var invalidates = true
    /// Otherwise the weakness `serves-expired-cache`.
    var respectsExpiry = true

    /// How long the place keeps an entry.
    var lifetime: Duration {
        // A day is for ever, as tests go.
        respectsExpiry ? timeToLive + staleIfError : .seconds(86_400)
    }
}
