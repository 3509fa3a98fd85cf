import Crypto
import CryptoExtras
import Foundation
import IssuerClient
import IssuerControl
import IssuerFixture
import NIOCore
import PlainHTTP
import Testing

/// The issuer over real HTTP on loopback: every mode of its key set, every flaw of its tokens.
@Suite(.serialized) struct IssuerTests {
    private struct Parts {
        let header: [String: Any]
        let claims: [String: Any]
        let signature: Data
        let signed: Data

        init(_ token: String) throws {
            let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            try #require(parts.count == 3)
            header = try #require(try JSONSerialization.jsonObject(with: try Self.bytes(parts[0])) as? [String: Any])
            claims = try #require(try JSONSerialization.jsonObject(with: try Self.bytes(parts[1])) as? [String: Any])
            signature = try Self.bytes(parts[2])
            signed = Data("\(parts[0]).\(parts[1])".utf8)
        }

        static func bytes(_ text: String) throws -> Data {
            var text = text.replacing("-", with: "+").replacing("_", with: "/")
            while text.count % 4 != 0 { text += "=" }
            return try #require(Data(base64Encoded: text))
        }

        var kid: String? { header["kid"] as? String }

        func isSigned(by key: P256.Signing.PublicKey) -> Bool {
            guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: signed)
        }
    }

    /// The keys that an issuer publishes, by name.
    private func publishedKeys(_ issuer: RunningIssuer) async throws -> [String: [String: String]] {
        let answer = try await PlainHTTPClient().send(.GET, issuer.client.keySetURL, within: .seconds(5))
        let document = try JSONDecoder().decode([String: [[String: String]]].self, from: Data(buffer: answer.body))
        return Dictionary((document["keys"] ?? []).map { ($0["kid"] ?? "", $0) }) { first, _ in first }
    }

    private func key(_ jwk: [String: String]?) throws -> P256.Signing.PublicKey {
        let jwk = try #require(jwk)
        let point = try Parts.bytes(jwk["x"] ?? "") + Parts.bytes(jwk["y"] ?? "")
        return try P256.Signing.PublicKey(rawRepresentation: point)
    }

    @Test func rightTokensAreSignedByPublishedKeys() async throws {
        let issuer = try await RunningIssuer()
        let keys = try await publishedKeys(issuer)
        let answer = try await issuer.client.token(TokenRequest(sub: "reader", ttl: 60))
        let token = try Parts(answer.accessToken)
        #expect(token.isSigned(by: try key(keys[token.kid ?? ""])) && answer.expiresIn == 60)
        #expect(token.claims["sub"] as? String == "reader" && token.claims["aud"] as? String == "bookshop")
        let times = try #require(TokenTimes(of: answer.accessToken))
        #expect(abs(times.issued - Date().timeIntervalSince1970) < 5 && abs(times.expiry - times.issued - 60) < 0.01)

        let rsa = try Parts(try await issuer.client.token(TokenRequest(sub: "reader", alg: .rs256)).accessToken)
        let jwk = try #require(keys[rsa.kid ?? ""])
        let publicKey = try _RSA.Signing.PublicKey(
            n: try Parts.bytes(jwk["n"] ?? ""), e: try Parts.bytes(jwk["e"] ?? ""))
        #expect(
            publicKey.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: rsa.signature), for: rsa.signed,
                padding: .insecurePKCS1v1_5))
    }

    @Test func withoutRSAThereIsOneKeyAndNoTokenOfTheOther() async throws {
        let issuer = try await RunningIssuer(["--no-rsa"])
        let keys = try await publishedKeys(issuer)
        #expect(keys.count == 1)
        let token = try Parts(try await issuer.client.token(TokenRequest(sub: "reader")).accessToken)
        #expect(token.isSigned(by: try key(keys[token.kid ?? ""])))
        let error = await #expect(throws: (any Error).self) {
            try await issuer.client.token(TokenRequest(sub: "reader", alg: .rs256))
        }
        #expect("\(error.map { "\($0)" } ?? "")".contains("--no-rsa"))
        try await issuer.end()
    }

    @Test func everyFlawIsThatFlaw() async throws {
        let issuer = try await RunningIssuer()
        let keys = try await publishedKeys(issuer)
        let reading = try await issuer.client.reading()
        let own = try key(keys[reading.signingKey])
        let now = Date().timeIntervalSince1970
        for flaw in TokenFlaw.allCases where flaw != .retiredKey {
            let text = try await issuer.client.token(TokenRequest(sub: "a", ttl: 60, flaw: flaw)).accessToken
            let token = try Parts(text)
            let isSigned = token.isSigned(by: own)
            let expiry = try #require(token.claims["exp"] as? Double)
            let notBefore = try #require(token.claims["nbf"] as? Double)
            // One thing is wrong, and everything else is right.
            #expect((expiry > now) == (flaw != .expired), "\(flaw)")
            #expect((notBefore < now + 60) == (flaw != .notYetValid), "\(flaw)")
            #expect((token.claims["aud"] as? String == "bookshop") == (flaw != .wrongAudience), "\(flaw)")
            #expect((token.claims["iss"] as? String == "bookshop-issuer") == (flaw != .wrongIssuer), "\(flaw)")
            let named: [TokenFlaw] = [.unknownKid, .noKid, .kidPath]
            #expect((token.kid == reading.signingKey) == !named.contains(flaw), "\(flaw)")
            let unsigned: [TokenFlaw] = [
                .badSignature, .algNone, .hmacWithPublicKey, .jwkHeader, .truncated, .emptySignature,
            ]
            #expect(isSigned == !unsigned.contains(flaw), "\(flaw)")
            #expect((text.utf8.count > 16 << 10) == (flaw == .oversized), "\(flaw)")
            switch flaw {
            case .algNone: #expect(token.header["alg"] as? String == "none" && token.signature.isEmpty)
            case .hmacWithPublicKey:
                let secret = SymmetricKey(data: Data(own.pemRepresentation.utf8))
                #expect(token.header["alg"] as? String == "HS256")
                #expect(
                    HMAC<SHA256>.isValidAuthenticationCode(token.signature, authenticating: token.signed, using: secret)
                )
            case .jwkHeader:
                let stranger = try key(token.header["jwk"] as? [String: String])
                #expect(token.isSigned(by: stranger) && stranger.rawRepresentation != own.rawRepresentation)
            case .emptySignature: #expect(token.signature.isEmpty && token.header["alg"] as? String == "ES256")
            case .truncated: #expect(token.signature.count == 32)
            case .noKid: #expect(token.kid == nil)
            case .kidPath: #expect(token.kid?.contains("/") == true)
            default: break
            }
        }
        let flawed = try await issuer.client.reading().flawed
        #expect(flawed.count == TokenFlaw.allCases.count - 1 && flawed.values.allSatisfy { $0 == 1 })
    }

    @Test func everyModeOfTheKeySet() async throws {
        let issuer = try await RunningIssuer()
        let client = issuer.client
        #expect(await client.lookAtKeySet().keys?.count == 2)
        try await client.change(IssuerChange(keySet: .init(.down)))
        #expect(await client.lookAtKeySet().status == 503)
        try await client.change(IssuerChange(keySet: .init(.slow, delay: 0.4)))
        let slow = await client.lookAtKeySet()
        #expect(slow.keys?.count == 2 && slow.took >= .milliseconds(400))
        try await client.change(IssuerChange(keySet: .init(.garbage)))
        let garbage = await client.lookAtKeySet()
        #expect(garbage.status == 200 && garbage.keys == nil)
        try await client.change(IssuerChange(keySet: .init(.truncated)))
        let truncated = await client.lookAtKeySet()
        #expect(truncated.status == nil && truncated.failure != nil)
        try await client.change(IssuerChange(keySet: .init(.html)))
        let page = await client.lookAtKeySet()
        #expect(page.status == 200 && page.type.hasPrefix("text/html") && page.keys == nil)
        try await client.change(IssuerChange(keySet: .init(.empty)))
        #expect(await client.lookAtKeySet().keys == [])
        try await client.change(IssuerChange(keySet: .init(.huge)))
        let huge = await client.lookAtKeySet()
        #expect(huge.bytes > 2 << 20 && huge.keys == nil)
        try await client.change(IssuerChange(keySet: .ok))
        #expect(await client.lookAtKeySet().keys?.count == 2)
    }

    @Test func aLimitOnItsRate() async throws {
        let issuer = try await RunningIssuer()
        try await issuer.client.change(IssuerChange(keySet: .init(.rateLimited, perSecond: 2)))
        var statuses: [Int] = []
        for _ in 0..<4 {
            let answer = try await PlainHTTPClient().send(.GET, issuer.client.keySetURL, within: .seconds(5))
            statuses.append(answer.status)
            if answer.status == 429 { #expect(answer.headers.first(name: "Retry-After") == "1") }
        }
        #expect(statuses == [200, 200, 429, 429])
        let reading = try await issuer.client.reading()
        #expect(reading.keySetRequests == 4 && reading.keySetsGiven == 2)
    }

    @Test func rotationCollisionSkewAndLife() async throws {
        let issuer = try await RunningIssuer()
        let client = issuer.client
        let before = try await client.reading()
        let after = try await client.change(IssuerChange(rotation: KeyRotation(.sudden)))
        #expect(after.signingKey != before.signingKey && !after.publishedKeys.contains(before.signingKey))
        await #expect(throws: IssuerClient.Failure.self) {
            try await client.change(IssuerChange(rotation: KeyRotation(.announced, after: 1)))
        }
        let retired = try await client.token(TokenRequest(sub: "a", flaw: .retiredKey)).accessToken
        #expect(try Parts(retired).kid == before.signingKey)
        await #expect(throws: IssuerClient.Failure.self) {
            try await client.token(TokenRequest(sub: "a", flaw: .retiredKey, retiredFor: 60))
        }
        // While nobody is told that it is gone, nobody can know.
        try await client.change(IssuerChange(keySet: .init(.down)))
        await #expect(throws: IssuerClient.Failure.self) {
            try await client.token(TokenRequest(sub: "a", flaw: .retiredKey))
        }
        let restored = try await client.change(IssuerChange(keySet: .ok, rotation: KeyRotation.none))
        #expect(restored.publishedKeys == before.publishedKeys && restored.signingKey == before.signingKey)

        let twins = try await client.change(IssuerChange(collides: true))
        #expect(twins.publishedKeys.filter { $0 == before.signingKey }.count == 2)
        // Who brings a key of his own does not bring one that the issuer vouches for.
        let twin = try key(try await publishedKeys(issuer)[before.signingKey])
        let intruder = try Parts(try await client.token(TokenRequest(sub: "a", flaw: .jwkHeader)).accessToken)
        #expect(twin.rawRepresentation != (try key(intruder.header["jwk"] as? [String: String])).rawRepresentation)
        let skewed = try await client.change(IssuerChange(collides: false, clockSkew: -120, longestLife: 3))
        #expect(skewed.settings.clockSkew == -120 && skewed.settings.longestLife == 3)
        let short = try await client.token(TokenRequest(sub: "a", ttl: 60))
        let times = try #require(TokenTimes(of: short.accessToken))
        #expect(short.expiresIn == 3 && abs(times.expiry - times.issued - 3) < 0.01)
        #expect(abs(times.issued + 120 - Date().timeIntervalSince1970) < 5)
        let last = try await client.change(IssuerChange(clockSkew: 0, longestLife: 0))
        #expect(last.settings == before.settings)
    }

    @Test func controlIsForWhoHasTheToken() async throws {
        let issuer = try await RunningIssuer()
        let closed = try await RunningIssuer(hasControl: false)
        let http = PlainHTTPClient()
        for url in [issuer.url, closed.url] {
            for authorization in [nil, "Bearer wrong", "Bearer "] {
                let answer = try await http.send(
                    .POST, "\(url)/control", headers: authorization.map { ["Authorization": $0] } ?? [:],
                    body: ByteBuffer(string: #"{"keySet":{"mode":"down"}}"#), within: .seconds(5))
                #expect(answer.status == 403)
            }
        }
        let answer = try await http.send(
            .POST, "\(closed.url)/control", headers: ["Authorization": "Bearer \(RunningIssuer.secret)"],
            within: .seconds(5))
        #expect(answer.status == 403)
        let wrong = try await http.send(
            .POST, "\(issuer.url)/control", headers: ["Authorization": "Bearer \(RunningIssuer.secret)"],
            body: ByteBuffer(string: #"{"keySet":{"mode":"sideways"}}"#), within: .seconds(5))
        #expect(wrong.status == 400)
        #expect(try await issuer.client.reading().settings == IssuerSettings())
        let metrics = try await http.send(.GET, "\(issuer.url)/metrics", within: .seconds(5))
        #expect(String(buffer: metrics.body).contains("issuer_requests_total{path=\"/control\"} 3"))
    }

    @Test func whatIsNoRequestForAToken() async throws {
        let issuer = try await RunningIssuer()
        for body in ["", "[]", "{}", #"{"sub":"a","flaw":"none"}"#, #"{"sub":"a","ttl":1e12}"#] {
            let answer = try await PlainHTTPClient().send(
                .POST, "\(issuer.url)/token", body: ByteBuffer(string: body), within: .seconds(5))
            #expect(answer.status == 400, "\(body)")
        }
    }
}
