import Crypto
import CryptoExtras
import Foundation

/// A key on P-256 that signs with ES256, and the name it is published under.
struct EllipticKey: Sendable {
    let identifier: String
    let privateKey = P256.Signing.PrivateKey()

    init() {
        identifier = "es-\(UUID().uuidString.prefix(8).lowercased())"
    }

    func signature(of bytes: Data) throws -> Data {
        try privateKey.signature(for: bytes).rawRepresentation
    }

    /// - Parameter name: the `kid` to publish it under, when not its own.
    func published(as name: String? = nil) -> [String: String] {
        // The two coordinates, one after the other.
        let point = privateKey.publicKey.rawRepresentation
        return [
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": name ?? identifier,
            "x": Base64URL.encode(point.prefix(32)), "y": Base64URL.encode(point.suffix(32)),
        ]
    }
}

/// A key that signs with RS256.
struct RSAKey: Sendable {
    let identifier: String
    let privateKey: _RSA.Signing.PrivateKey

    init() throws {
        identifier = "rs-\(UUID().uuidString.prefix(8).lowercased())"
        privateKey = try _RSA.Signing.PrivateKey(keySize: .bits2048)
    }

    func signature(of bytes: Data) throws -> Data {
        try privateKey.signature(for: bytes, padding: .insecurePKCS1v1_5).rawRepresentation
    }

    func published() throws -> [String: String] {
        let numbers = try privateKey.publicKey.getKeyPrimitives()
        return [
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": identifier,
            "n": Base64URL.encode(numbers.modulus), "e": Base64URL.encode(numbers.publicExponent),
        ]
    }
}

/// Base 64 as tokens have it (RFC 4648, 5; RFC 7515, 2).
enum Base64URL {
    static func encode(_ bytes: Data) -> String {
        bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func encode(_ text: String) -> String { encode(Data(text.utf8)) }
}
