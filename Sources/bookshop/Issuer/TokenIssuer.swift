import JWTKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Signs access tokens with a key that lives in memory only.
struct TokenIssuer: Sendable {
    /// The body of `GET /.well-known/jwks.json`.
    let keyDocument: [UInt8]

    private let keys: JWTKeyCollection
    private let keyIdentifier: JWKIdentifier
    private let issuer: String
    private let audience: String

    init(issuer: String, audience: String) async throws {
        let key = ES256PrivateKey()
        let identifier = "bookshop-\(UUID().uuidString.prefix(8).lowercased())"
        guard let parameters = key.publicKey.parameters else { throw MissingParameters() }
        self.keys = await JWTKeyCollection().add(ecdsa: key, kid: JWKIdentifier(string: identifier))
        self.keyIdentifier = JWKIdentifier(string: identifier)
        self.issuer = issuer
        self.audience = audience
        self.keyDocument = Self.document(identifier: identifier, x: parameters.x, y: parameters.y)
    }

    private struct MissingParameters: Error, CustomStringConvertible {
        var description: String { "the new key has no public coordinates" }
    }

    /// - Parameter lifetime: in seconds from now; a negative one makes a token that has expired already.
    func token(subject: String, lifetime: Double) async throws -> String {
        let now = Date().timeIntervalSince1970
        let claims = AccessClaims(
            issuer: issuer, subject: subject, audience: [audience], expiry: now + lifetime, notBefore: nil,
            issuedAt: now)
        return try await keys.sign(claims, kid: keyIdentifier)
    }

    private static func document(identifier: String, x: String, y: String) -> [UInt8] {
        func base64URL(_ text: String) -> String {
            String(text.compactMap { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 == "=" ? nil : $0 })
        }
        let fields = [
            ("kty", "EC"), ("crv", "P-256"), ("use", "sig"), ("alg", "ES256"), ("kid", identifier),
            ("x", base64URL(x)), ("y", base64URL(y)),
        ]
        var json = JSONWriter()
        var isFirst = true
        json.raw("{\"keys\":[{")
        for (name, value) in fields {
            json.key(name, isFirst: &isFirst)
            json.string(value)
        }
        json.raw("}]}")
        return json.bytes
    }
}
