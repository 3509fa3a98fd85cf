import JWTKit

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The public keys of an issuer, from a JWKS document.
struct KeySet: Sendable {
    private let keys: JWTKeyCollection
    private let identifiers: Set<String>

    /// Keys of kinds that the service does not use are left out rather than refused: a set may serve many purposes.
    ///
    /// - Throws: `DecodingError` when the document is no JWKS, JWTKit's errors when a key is malformed.
    init(document: [UInt8]) async throws {
        let decoded = try JSONDecoder().decode(Document.self, from: Data(document))
        let keys = JWTKeyCollection()
        var identifiers: Set<String> = []
        for key in decoded.keys.compactMap(\.key) {
            guard let identifier = key.keyIdentifier, key.keyType == .ecdsa || key.keyType == .rsa else { continue }
            try await keys.add(jwk: key)
            identifiers.insert(identifier.string)
        }
        self.keys = keys
        self.identifiers = identifiers
    }

    /// JWTKit falls back to another key for an unknown one, so ask this first.
    func contains(_ identifier: String) -> Bool {
        identifiers.contains(identifier)
    }

    /// - Throws: ``TokenRefusal/signature`` or ``TokenRefusal/malformed``.
    func claims(of token: [UInt8]) async throws(TokenRefusal) -> AccessClaims {
        do {
            return try await keys.verify(token, as: AccessClaims.self)
        } catch let error as JWTError where error.errorType == .malformedToken {
            throw .malformed
        } catch {
            throw .signature
        }
    }

    private struct Document: Decodable {
        let keys: [Entry]
    }

    private struct Entry: Decodable {
        let key: JWK?

        init(from decoder: any Decoder) throws {
            // A key type or algorithm unknown to JWTKit is no error of the document.
            key = try? JWK(from: decoder)
        }
    }
}
