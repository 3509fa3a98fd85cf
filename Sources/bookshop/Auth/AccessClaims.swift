import JWTKit

/// The claims of an access token that the service looks at. Times are seconds of Unix time.
///
/// JWTKit's own claim types are avoided for what a client controls: its audience stops the process on an empty list.
struct AccessClaims: JWTPayload {
    var issuer: String
    var subject: String
    var audience: [String]
    var expiry: Double
    var notBefore: Double?
    var issuedAt: Double?

    enum CodingKeys: String, CodingKey {
        case issuer = "iss"
        case subject = "sub"
        case audience = "aud"
        case expiry = "exp"
        case notBefore = "nbf"
        case issuedAt = "iat"
    }

    init(issuer: String, subject: String, audience: [String], expiry: Double, notBefore: Double?, issuedAt: Double?) {
        self.issuer = issuer
        self.subject = subject
        self.audience = audience
        self.expiry = expiry
        self.notBefore = notBefore
        self.issuedAt = issuedAt
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        issuer = try container.decode(String.self, forKey: .issuer)
        subject = try container.decodeIfPresent(String.self, forKey: .subject) ?? ""
        expiry = try container.decode(Double.self, forKey: .expiry)
        notBefore = try container.decodeIfPresent(Double.self, forKey: .notBefore)
        issuedAt = try container.decodeIfPresent(Double.self, forKey: .issuedAt)
        // One audience may stand alone.
        if let single = try? container.decode(String.self, forKey: .audience) {
            audience = [single]
        } else {
            audience = try container.decode([String].self, forKey: .audience)
        }
    }

    /// Nothing: ``TokenVerifier`` checks the claims itself, at a time that a test can choose.
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}
