/// What is wrong with a token that an issuer makes on purpose: a service must refuse every one of them.
public enum TokenFlaw: String, Codable, Hashable, Sendable, CaseIterable {
    /// It expired an hour ago.
    case expired
    /// It becomes valid in an hour.
    case notYetValid = "not-yet-valid"
    case wrongAudience = "wrong-audience"
    case wrongIssuer = "wrong-issuer"
    /// One bit of the signature is another.
    case badSignature = "bad-signature"
    /// Unsigned, as `alg: none` says (RFC 7519, 6).
    case algNone = "alg-none"
    /// Signed by HMAC with the bytes of the public key, which everybody has.
    case hmacWithPublicKey = "hs256-with-public-key"
    /// Signed by the issuer's key, under the name of a key that there is not.
    case unknownKid = "unknown-kid"
    /// Signed by the issuer's key, and names none.
    case noKid = "no-kid"
    /// Signed by the issuer's key, and names it by a path or a URL.
    case kidPath = "kid-path"
    /// Signed by a stranger's key, which its header brings along.
    case jwkHeader = "jwk-header"
    /// Rightly signed, and longer than 16 KiB.
    case oversized
    /// Half of its signature is missing.
    case truncated
    /// All of its signature is missing, while it names an algorithm.
    case emptySignature = "empty-signature"
    /// Signed by a key that is no longer published.
    case retiredKey = "retired-key"
}
