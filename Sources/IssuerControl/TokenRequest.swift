/// What a token is asked for with: the body of `POST /token`.
public struct TokenRequest: Codable, Hashable, Sendable {
    public enum Algorithm: String, Codable, Hashable, Sendable {
        case es256 = "ES256"
        case rs256 = "RS256"
    }

    /// The subject.
    public var sub: String
    /// Life in seconds; negative for a token that has expired already, nil for the issuer's own choice.
    public var ttl: Double?
    /// ES256 when absent.
    public var alg: Algorithm?
    public var flaw: TokenFlaw?
    /// For a retired key: for how many seconds it must have been gone, while whoever asked for the set was told so.
    public var retiredFor: Double?

    public init(
        sub: String, ttl: Double? = nil, alg: Algorithm? = nil, flaw: TokenFlaw? = nil, retiredFor: Double? = nil
    ) {
        self.sub = sub
        self.ttl = ttl
        self.alg = alg
        self.flaw = flaw
        self.retiredFor = retiredFor
    }
}

/// The answer to it (RFC 6749, 5.1).
public struct TokenAnswer: Codable, Hashable, Sendable {
    public var accessToken: String
    public var tokenType: String
    /// Seconds from now.
    public var expiresIn: Double

    enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case tokenType = "token_type"
        case expiresIn = "expires_in"
    }

    public init(accessToken: String, expiresIn: Double) {
        self.accessToken = accessToken
        tokenType = "Bearer"
        self.expiresIn = expiresIn
    }
}
