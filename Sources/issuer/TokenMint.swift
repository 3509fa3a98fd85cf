import Crypto
import Foundation
import IssuerControl

/// Makes access tokens, right and flawed ones (RFC 7515, 7519).
struct TokenMint: Sendable {
    let issuer: String
    let audience: String
    /// Nil where no order may ask for RS256.
    let rsa: RSAKey?
    /// No key of the issuer, which never publishes it.
    let stranger = EllipticKey()
    /// Published under the name of another while names collide; it signs nothing.
    let twin = EllipticKey()

    /// What a token says and who signs it.
    struct Order: Sendable {
        let subject: String
        /// Seconds from now; negative for one that has expired.
        let life: Double
        let algorithm: TokenRequest.Algorithm
        let key: EllipticKey
        /// Seconds by which the issuer's clock is ahead.
        var skew = 0.0
        /// Grows with every token, so that no two are the same.
        let number: Int
    }

    /// More than any header that a server should take.
    private static let oversize = 17 << 10

    func token(_ order: Order) throws -> String {
        try rightly(signed: input(header(order), claims(order)), order)
    }

    /// Flaws are told by the true clock: a token that has expired has done so whatever the issuer's clock says.
    /// - Parameter order: with the retired key for that flaw.
    func token(_ order: Order, flaw: TokenFlaw) throws -> String {
        var order = order
        order.skew = 0
        let ownHeader = header(order)
        var claims = claims(order)
        switch flaw {
        case .expired:
            claims.merge(times(from: -3600 - abs(order.life), to: -3600)) { $1 }
            return try rightly(signed: input(ownHeader, claims), order)
        case .notYetValid:
            claims.merge(times(from: 3600, to: 3600 + abs(order.life))) { $1 }
            return try rightly(signed: input(ownHeader, claims), order)
        case .wrongAudience:
            claims["aud"] = "\(audience)-of-another"
            return try rightly(signed: input(ownHeader, claims), order)
        case .wrongIssuer:
            claims["iss"] = "\(issuer)-of-another"
            return try rightly(signed: input(ownHeader, claims), order)
        case .badSignature:
            let text = try input(ownHeader, claims)
            var signature = try signature(of: text, order)
            signature[signature.startIndex + signature.count / 2] ^= 1
            return "\(text).\(Base64URL.encode(signature))"
        case .algNone:
            return try input(["alg": "none", "typ": "JWT", "kid": order.key.identifier], claims) + "."
        case .hmacWithPublicKey:
            let text = try input(["alg": "HS256", "typ": "JWT", "kid": order.key.identifier], claims)
            let secret = SymmetricKey(data: Data(order.key.privateKey.publicKey.pemRepresentation.utf8))
            let code = HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: secret)
            return "\(text).\(Base64URL.encode(Data(code)))"
        case .unknownKid:
            return try rightly(signed: input(named("gone-\(order.number)"), claims), order.withElliptic)
        case .noKid:
            return try rightly(signed: input(["alg": "ES256", "typ": "JWT"], claims), order.withElliptic)
        case .kidPath:
            let names = ["../../../../dev/null", "http://127.0.0.1:1/key.json", "\(order.key.identifier)/../x"]
            return try rightly(signed: input(named(names[order.number % names.count]), claims), order.withElliptic)
        case .jwkHeader:
            var header: [String: Any] = named(order.key.identifier)
            header["jwk"] = stranger.published()
            let text = try input(header, claims)
            return "\(text).\(Base64URL.encode(try stranger.signature(of: Data(text.utf8))))"
        case .oversized:
            claims["pad"] = String(repeating: "x", count: Self.oversize)
            return try rightly(signed: input(ownHeader, claims), order)
        case .truncated:
            let text = try input(ownHeader, claims)
            let signature = Base64URL.encode(try signature(of: text, order))
            return "\(text).\(signature.prefix(signature.count / 2))"
        case .emptySignature:
            return try input(ownHeader, claims) + "."
        case .retiredKey:
            return try rightly(signed: input(named(order.key.identifier), claims), order.withElliptic)
        }
    }

    private func header(_ order: Order) -> [String: Any] {
        switch order.algorithm {
        case .es256: named(order.key.identifier)
        case .rs256: ["alg": "RS256", "typ": "JWT", "kid": rsa?.identifier ?? ""]
        }
    }

    private func named(_ identifier: String) -> [String: Any] { ["alg": "ES256", "typ": "JWT", "kid": identifier] }

    private func claims(_ order: Order) -> [String: Any] {
        let claims: [String: Any] = [
            "iss": issuer, "sub": order.subject, "aud": audience, "jti": "\(order.number)",
        ]
        return claims.merging(times(from: min(order.life, 0) + order.skew, to: order.life + order.skew)) { $1 }
    }

    /// In seconds from now.
    private func times(from start: Double, to end: Double) -> [String: Any] {
        let now = Date().timeIntervalSince1970
        return ["iat": now + start, "nbf": now + start, "exp": now + end]
    }

    private func input(_ header: [String: Any], _ claims: [String: Any]) throws -> String {
        let parts = try [header, claims].map { part in
            try JSONSerialization.data(withJSONObject: part, options: [.sortedKeys, .withoutEscapingSlashes])
        }
        return parts.map(Base64URL.encode).joined(separator: ".")
    }

    private func signature(of text: String, _ order: Order) throws -> Data {
        switch order.algorithm {
        case .es256: return try order.key.signature(of: Data(text.utf8))
        case .rs256:
            guard let rsa else { throw TokenIssuer.Refusal.noRSA }
            return try rsa.signature(of: Data(text.utf8))
        }
    }

    private func rightly(signed text: String, _ order: Order) throws -> String {
        "\(text).\(Base64URL.encode(try signature(of: text, order)))"
    }
}

extension TokenMint.Order {
    /// For flaws that are about the name of the ES256 key.
    fileprivate var withElliptic: Self {
        Self(subject: subject, life: life, algorithm: .es256, key: key, skew: skew, number: number)
    }
}
