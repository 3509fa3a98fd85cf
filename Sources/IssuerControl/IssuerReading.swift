/// An issuer's settings, keys and counters at one moment: the answer of `/control`.
public struct IssuerReading: Codable, Hashable, Sendable {
    public var settings: IssuerSettings
    /// Name of the key that signs with ES256.
    public var signingKey: String
    /// Names of the keys in its set, RS256's included.
    public var publishedKeys: [String]
    /// Requests by path, other than those of whoever controls the issuer.
    public var requests: [String: Int]
    /// Of the requests for the key set, those that got what the issuer should give.
    public var keySetsGiven: Int
    /// Tokens without a flaw that were issued.
    public var tokens: Int
    /// Flawed tokens by flaw.
    public var flawed: [String: Int]

    public init(
        settings: IssuerSettings, signingKey: String, publishedKeys: [String], requests: [String: Int],
        keySetsGiven: Int, tokens: Int, flawed: [String: Int]
    ) {
        self.settings = settings
        self.signingKey = signingKey
        self.publishedKeys = publishedKeys
        self.requests = requests
        self.keySetsGiven = keySetsGiven
        self.tokens = tokens
        self.flawed = flawed
    }

    /// Requests for the key set.
    public var keySetRequests: Int { requests[IssuerPath.keySet] ?? 0 }
}

/// Where an issuer answers what.
public enum IssuerPath {
    public static let keySet = "/.well-known/jwks.json"
    public static let token = "/token"
    public static let control = "/control"
    public static let health = "/health"
    public static let metrics = "/metrics"
}
