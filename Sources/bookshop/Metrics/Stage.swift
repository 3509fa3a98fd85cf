/// What a request goes through, each with a time of its own.
enum Stage: String, CaseIterable, Sendable {
    /// A token that is remembered.
    case tokenCached = "token_cached"
    /// A token whose signature is checked.
    case tokenUncached = "token_uncached"
    /// From the body to what is to be resolved.
    case parse
    /// A look-up in the result cache that finds.
    case cacheHit = "cache_hit"
    /// One that does not, with the load that follows.
    case cacheMiss = "cache_miss"
    /// Getting a connection of the pool.
    case poolCheckout = "pool_checkout"
    /// Making a connection for the pool.
    case poolConnect = "pool_connect"
    /// The COMMIT of a write.
    case commit
    /// From what was resolved to the answer's bytes.
    case encode
    /// Getting the issuer's keys.
    case jwksFetch = "jwks_fetch"

    var help: String {
        switch self {
        case .tokenCached: "Time to check a token that is remembered."
        case .tokenUncached: "Time to check a token whose signature has to be verified."
        case .parse: "Time to parse and plan a GraphQL request."
        case .cacheHit: "Time of a look-up that finds an answer in the result cache."
        case .cacheMiss: "Time of a look-up that does not, the load from the database included."
        case .poolCheckout: "Time to get a database connection of the pool."
        case .poolConnect: "Time to make a database connection for the pool."
        case .commit: "Time of a commit."
        case .encode: "Time to write an answer as JSON."
        case .jwksFetch: "Time to fetch the issuer's keys."
        }
    }
}
