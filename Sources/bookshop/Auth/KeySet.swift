import JWTKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The public keys of an issuer, from a JWKS document.
struct KeySet: Sendable {
    /// One key, and what tells it from another of the same name.
    struct Key: Sendable {
        let identifier: String
        /// What it signs with: ES256 or RS256.
        let algorithm: String
        /// The public key itself.
        let material: String
        fileprivate let collection: JWTKeyCollection

        /// - Throws: ``TokenRefusal/signature`` or ``TokenRefusal/malformed``.
        func claims(of token: [UInt8]) async throws(TokenRefusal) -> AccessClaims {
            do {
                return try await collection.verify(token, as: AccessClaims.self)
            } catch let error as JWTError where error.errorType == .malformedToken {
                throw .malformed
            } catch {
                throw .signature
            }
        }
    }

    /// By name; of a name that two have, both, as nothing says which one an issuer means.
    private let keys: [String: [Key]]

    /// Keys of kinds that the service does not use are left out rather than refused: a set may serve many purposes.
    ///
    /// - Throws: `DecodingError` when the document is no JWKS, JWTKit's errors when a key is malformed.
    init(document: [UInt8]) async throws {
        let decoded = try JSONDecoder().decode(Document.self, from: Data(document))
        var keys: [String: [Key]] = [:]
        for entry in decoded.keys {
            guard let key = try await entry.key() else { continue }
            keys[key.identifier, default: []].append(key)
        }
        self.keys = keys
    }

    var isEmpty: Bool { keys.isEmpty }

    var all: [Key] { keys.sorted { $0.key < $1.key }.flatMap(\.value) }

    func contains(_ identifier: String) -> Bool { keys[identifier] != nil }

    func keys(named identifier: String) -> [Key] { keys[identifier] ?? [] }

    /// Whether the very key that a token was once checked with is still published.
    func contains(_ identifier: String, material: String) -> Bool {
        keys[identifier]?.contains { $0.material == material } ?? false
    }

    private struct Document: Decodable {
        let keys: [Entry]
    }

    private struct Entry: Decodable {
        private let jwk: JWK?
        private let use: String?

        private enum CodingKeys: String, CodingKey { case use }

        init(from decoder: any Decoder) throws {
            // A key type or algorithm unknown to JWTKit is no error of the document.
            jwk = try? JWK(from: decoder)
            use = try? decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(String.self, forKey: .use)
        }

        func key() async throws -> Key? {
            guard let jwk, let identifier = jwk.keyIdentifier, use ?? "sig" == "sig" else { return nil }
            let (algorithm, parts): (String, [String?])
            switch jwk.keyType {
            case .ecdsa: (algorithm, parts) = ("ES256", [jwk.x, jwk.y])
            case .rsa: (algorithm, parts) = ("RS256", [jwk.modulus, jwk.exponent])
            default: return nil
            }
            // A key that says it signs otherwise is for others.
            guard (jwk.algorithm?.rawValue ?? algorithm) == algorithm else { return nil }
            let collection = JWTKeyCollection()
            try await collection.add(jwk: jwk)
            // JWTKit falls back to its default key for a name that it does not know, so a token without one works too.
            return Key(
                identifier: identifier.string, algorithm: algorithm,
                material: parts.map { $0 ?? "" }.joined(separator: "."), collection: collection)
        }
    }
}
