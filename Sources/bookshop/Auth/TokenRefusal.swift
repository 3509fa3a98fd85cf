/// Why a request's token was not accepted. The raw values are labels of `bookshop_tokens_total`.
enum TokenRefusal: String, Error, Sendable, CaseIterable {
    case missing
    case malformed
    /// Neither ES256 nor RS256.
    case algorithm
    case unknownKey = "unknown_key"
    case signature
    case expired
    case notYetValid = "not_yet_valid"
    case audience
    case issuer
    /// The issuer's keys could never be fetched: the service's trouble, not the client's.
    case keysUnavailable = "keys_unavailable"

    var message: String {
        switch self {
        case .missing: "a bearer token is needed: send the header Authorization: Bearer <token>"
        case .malformed: "the token is not a JSON Web Token with the claims iss, aud and exp"
        case .algorithm: "the token's algorithm is not accepted: use ES256 or RS256"
        case .unknownKey: "the token's key is not among the issuer's keys"
        case .signature: "the token's signature is wrong"
        case .expired: "the token has expired"
        case .notYetValid: "the token is not valid yet"
        case .audience: "the token is for another audience"
        case .issuer: "the token comes from another issuer"
        case .keysUnavailable: "the issuer's keys could not be fetched yet"
        }
    }
}
