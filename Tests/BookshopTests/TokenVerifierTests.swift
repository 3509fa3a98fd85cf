import Foundation
import JWTKit
import Logging
import PlainHTTP
import Testing

@testable import bookshop

/// Tokens checked against keys fetched over HTTP from an issuer in this process.
@Suite(.serialized) struct TokenVerifierTests {
    private let metrics = Metrics()

    private func verifier(
        _ server: JWKSServer, minimumInterval: Duration = .seconds(5),
        unixTime: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }
    ) -> TokenVerifier {
        TokenVerifier(
            expectation: .init(audience: "bookshop", issuer: "tests"),
            keyStore: KeyStore(
                url: server.url, client: PlainHTTPClient(), metrics: metrics,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                fetchTimeout: .milliseconds(500), minimumInterval: minimumInterval),
            metrics: metrics, cacheCapacity: 10, unixTime: unixTime)
    }

    private func refusal(_ verifier: TokenVerifier, _ authorization: String?) async -> TokenRefusal? {
        do throws(TokenRefusal) {
            try await verifier.check(authorization: authorization)
            return nil
        } catch {
            return error
        }
    }

    private func claims(
        issuer: String = "tests", audience: [String] = ["bookshop"], lifetime: Double = 60, notBefore: Double? = nil
    ) -> AccessClaims {
        let now = Date().timeIntervalSince1970
        return AccessClaims(
            issuer: issuer, subject: "somebody", audience: audience, expiry: now + lifetime,
            notBefore: notBefore.map { now + $0 }, issuedAt: now)
    }

    @Test func claimsThatDoNotFit() async throws {
        try await JWKSServer.run { server in
            let keys = try await SigningKeys(server)
            let verifier = verifier(server)
            #expect(await refusal(verifier, try await keys.token(claims())) == nil)
            #expect(await refusal(verifier, try await keys.token(claims(audience: ["x", "bookshop"]))) == nil)
            #expect(await refusal(verifier, try await keys.token(claims(audience: ["x"]))) == .audience)
            #expect(await refusal(verifier, try await keys.token(claims(audience: []))) == .audience)
            #expect(await refusal(verifier, try await keys.token(claims(issuer: "x"))) == .issuer)
            #expect(await refusal(verifier, try await keys.token(claims(notBefore: 30))) == .notYetValid)
            #expect(await refusal(verifier, try await keys.token(claims(lifetime: -10))) == .expired)
            // Clocks differ a little.
            #expect(await refusal(verifier, try await keys.token(claims(lifetime: -2))) == nil)
            #expect(await refusal(verifier, try await keys.token(claims(notBefore: 2))) == nil)
        }
    }

    @Test func forgedTokens() async throws {
        try await JWKSServer.run { server in
            let keys = try await SigningKeys(server)
            let verifier = verifier(server)
            let good = try await keys.token(claims())
            let parts = good.split(separator: ".").map(String.init)

            let none = base64URL(#"{"alg":"none","kid":"es"}"#)
            #expect(await refusal(verifier, bearer: "\(none).\(parts[1]).") == .algorithm)
            let hmac = base64URL(#"{"alg":"HS256","kid":"es"}"#)
            #expect(await refusal(verifier, bearer: "\(hmac).\(parts[1]).\(parts[2])") == .algorithm)
            let confused = base64URL(#"{"alg":"RS256","kid":"es"}"#)
            #expect(await refusal(verifier, bearer: "\(confused).\(parts[1]).\(parts[2])") == .algorithm)
            let critical = base64URL(#"{"alg":"ES256","kid":"es","crit":["b64"]}"#)
            #expect(await refusal(verifier, bearer: "\(critical).\(parts[1]).\(parts[2])") == .malformed)
            let keyless = base64URL(#"{"alg":"ES256"}"#)
            #expect(await refusal(verifier, bearer: "\(keyless).\(parts[1]).\(parts[2])") == .unknownKey)

            let other = base64URL(#"{"iss":"tests","aud":"bookshop","exp":99999999999}"#)
            let header = good.dropFirst("Bearer ".count).prefix { $0 != "." }
            #expect(await refusal(verifier, bearer: "\(header).\(other).\(parts[2])") == .signature)
            for garbage in ["", ".", "..", "a.b", "a.b.c", "a.b.c.d", "é.é.é", String(repeating: "a", count: 9000)] {
                #expect(await refusal(verifier, bearer: garbage) != nil, "\(garbage)")
            }
        }
    }

    @Test func rsaKeys() async throws {
        try await JWKSServer.run { server in
            let keys = try await SigningKeys(server, includingRSA: true)
            let verifier = verifier(server)
            #expect(await refusal(verifier, try await keys.token(claims(), key: "rs")) == nil)
            #expect(await refusal(verifier, try await keys.token(claims(), key: "es")) == nil)
            #expect(await refusal(verifier, try await keys.token(claims(lifetime: -10), key: "rs")) == .expired)
        }
    }

    @Test func unknownKeysAreFetchedButNotTooOften() async throws {
        try await JWKSServer.run { server in
            let first = try await SigningKeys(server, identifier: "one")
            let verifier = verifier(server, minimumInterval: .milliseconds(400))
            #expect(await refusal(verifier, try await first.token(claims(), key: "one")) == nil)
            // The issuer changes its key; the new one is fetched only after the interval.
            let second = try await SigningKeys(server, identifier: "two")
            let token = try await second.token(claims(), key: "two")
            for _ in 0..<20 { #expect(await refusal(verifier, token) == .unknownKey) }
            #expect(server.fetches == 1)
            try await Task.sleep(for: .milliseconds(450))
            #expect(await refusal(verifier, token) == nil)
            #expect(server.fetches == 2)
        }
    }

    @Test func staleKeysAreKeptWhileTheIssuerIsDown() async throws {
        try await JWKSServer.run { server in
            let keys = try await SigningKeys(server)
            let verifier = verifier(server, minimumInterval: .zero)
            #expect(await refusal(verifier, try await keys.token(claims())) == nil)
            server.isBroken = true
            let stranger = try await SigningKeys(server, identifier: "stranger", publishes: false)
            #expect(await refusal(verifier, try await stranger.token(claims(), key: "stranger")) == .unknownKey)
            #expect(await refusal(verifier, try await keys.token(claims(lifetime: 50))) == nil)
        }
    }

    @Test func withoutAnyKeysNothingIsAccepted() async throws {
        try await JWKSServer.run { server in
            let keys = try await SigningKeys(server)
            server.isBroken = true
            let verifier = verifier(server, minimumInterval: .zero)
            let token = try await keys.token(claims())
            #expect(await refusal(verifier, token) == .keysUnavailable)
            server.isBroken = false
            #expect(await refusal(verifier, token) == nil)
        }
    }

    @Test func aRememberedTokenStillExpires() async throws {
        try await JWKSServer.run { server in
            let keys = try await SigningKeys(server)
            let clock = TestClock(Date().timeIntervalSince1970)
            let verifier = verifier(server, unixTime: { clock.now })
            let token = try await keys.token(claims(lifetime: 60))
            #expect(await refusal(verifier, token) == nil)
            clock.now += 59
            #expect(await refusal(verifier, token) == nil)
            clock.now += 7
            #expect(await refusal(verifier, token) == .expired)
        }
    }

    @Test func keysOfOtherKindsAreIgnored() async throws {
        let document = #"{"keys":[{"kty":"oct","kid":"a","k":"AAAA"},{"kty":"new"},{"kty":"EC"},{}]}"#
        let keys = try await KeySet(document: Array(document.utf8))
        #expect(!keys.contains("a"))
        await #expect(throws: (any Error).self) { try await KeySet(document: Array("[]".utf8)) }
    }

    private func refusal(_ verifier: TokenVerifier, bearer token: String) async -> TokenRefusal? {
        await refusal(verifier, "Bearer " + token)
    }

    private func base64URL(_ text: String) -> String {
        Data(text.utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
