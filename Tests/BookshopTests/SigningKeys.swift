import Foundation
import JWTKit

@testable import bookshop

/// Keys made for one test, published by a ``JWKSServer``.
struct SigningKeys {
    private let keys = JWTKeyCollection()

    struct Failure: Error {
        let message: String
    }

    init(
        _ server: JWKSServer, identifier: String = "es", includingRSA: Bool = false, publishes: Bool = true
    ) async throws {
        let key = ES256PrivateKey()
        guard let parameters = key.publicKey.parameters else { throw Failure(message: "no parameters") }
        await keys.add(ecdsa: key, kid: JWKIdentifier(string: identifier))
        var documents = [
            """
            {"kty":"EC","crv":"P-256","alg":"ES256","kid":"\(identifier)","x":"\(Self.url(parameters.x))",\
            "y":"\(Self.url(parameters.y))"}
            """
        ]
        if includingRSA {
            let rsa = try Insecure.RSA.PrivateKey(pem: try await Self.openSSL(["genrsa", "2048"]))
            await keys.add(rsa: rsa, digestAlgorithm: .sha256, kid: "rs")
            let (modulus, exponent) = try rsa.publicKey.getKeyPrimitives()
            documents.append(
                #"{"kty":"RSA","alg":"RS256","kid":"rs","n":"\#(Self.url(modulus))","e":"\#(Self.url(exponent))"}"#)
        }
        if publishes { server.document = Array("{\"keys\":[\(documents.joined(separator: ","))]}".utf8) }
    }

    /// - Returns: the value of an `Authorization` header.
    func token(_ claims: AccessClaims, key: String = "es") async throws -> String {
        "Bearer " + (try await keys.sign(claims, kid: JWKIdentifier(string: key)))
    }

    private static func url(_ base64: some StringProtocol) -> String {
        String(base64).replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func url(_ bytes: Data) -> String {
        url(bytes.base64EncodedString())
    }

    private static func openSSL(_ arguments: [String]) async throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        while process.isRunning { try await Task.sleep(for: .milliseconds(10)) }
        guard process.terminationStatus == 0 else { throw Failure(message: "openssl failed") }
        return String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    }
}
