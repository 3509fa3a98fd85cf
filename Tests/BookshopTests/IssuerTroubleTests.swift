import Foundation
import IssuerClient
import IssuerControl
import IssuerFixture
import Logging
import PlainHTTP
import Testing

@testable import bookshop

/// The verifier of tokens against a real issuer that misbehaves.
@Suite(.serialized) struct IssuerTroubleTests {
    private let metrics = Metrics()

    private func verifier(
        _ issuer: RunningIssuer, interval: Duration = .milliseconds(300), maximumAge: Duration = .seconds(60),
        weaknesses: Set<Weakness> = []
    ) -> TokenVerifier {
        TokenVerifier(
            expectation: .init(audience: "bookshop", issuer: "bookshop-issuer"),
            keyStore: KeyStore(
                url: issuer.client.keySetURL, client: PlainHTTPClient(), metrics: metrics,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, fetchTimeout: .milliseconds(800),
                minimumInterval: interval, maximumAge: maximumAge),
            metrics: metrics, weaknesses: weaknesses)
    }

    private func refusal(_ verifier: TokenVerifier, _ token: String) async -> TokenRefusal? {
        do throws(TokenRefusal) {
            try await verifier.check(authorization: "Bearer \(token)")
            return nil
        } catch {
            return error
        }
    }

    private func token(
        _ issuer: RunningIssuer, _ flaw: TokenFlaw? = nil, ttl: Double? = 60, _ algorithm: TokenRequest.Algorithm? = nil
    ) async throws -> String {
        try await issuer.client.token(TokenRequest(sub: "a", ttl: ttl, alg: algorithm, flaw: flaw)).accessToken
    }

    @Test func everyFlawIsRefused() async throws {
        let issuer = try await RunningIssuer()
        let verifier = verifier(issuer)
        #expect(await refusal(verifier, try await token(issuer)) == nil)
        #expect(await refusal(verifier, try await token(issuer, nil, ttl: 60, .rs256)) == nil)
        for algorithm in [TokenRequest.Algorithm.es256, .rs256] {
            for flaw in TokenFlaw.allCases where flaw != .retiredKey {
                let flawed = try await token(issuer, flaw, ttl: 60, algorithm)
                // The second time it would be remembered.
                for _ in 0..<2 { #expect(await refusal(verifier, flawed) != nil, "\(flaw) \(algorithm)") }
            }
        }
    }

    /// Each weakness lets in what it is called after, and nothing else.
    @Test(arguments: [
        (Weakness.acceptsAlgNone, [TokenFlaw.algNone]), (.acceptsExpiredToken, [.expired]),
        (.ignoresKid, [.unknownKid, .noKid, .kidPath]), (.fetchesJWKSAlways, []), (.noReconnect, []),
    ])
    func aWeaknessIsJustThat(_ weakness: Weakness, _ accepted: [TokenFlaw]) async throws {
        let issuer = try await RunningIssuer()
        let verifier = verifier(issuer, weaknesses: [weakness])
        #expect(await refusal(verifier, try await token(issuer)) == nil)
        for flaw in TokenFlaw.allCases where flaw != .retiredKey {
            let isAccepted = await refusal(verifier, try await token(issuer, flaw)) == nil
            #expect(isAccepted == accepted.contains(flaw), "\(weakness) \(flaw)")
        }
    }

    @Test func fetchingAlwaysIsSeenAtTheIssuer() async throws {
        let issuer = try await RunningIssuer()
        let healthy = verifier(issuer)
        let good = try await token(issuer)
        for _ in 0..<20 { #expect(await refusal(healthy, good) == nil) }
        #expect(try await issuer.client.reading().keySetRequests == 1)
        let weak = verifier(issuer, weaknesses: [.fetchesJWKSAlways])
        for _ in 0..<20 { #expect(await refusal(weak, good) == nil) }
        #expect(try await issuer.client.reading().keySetRequests >= 21)
    }

    /// Whatever it answers instead of its key set, those that are known stay in use.
    @Test(arguments: KeySetAnswer.Mode.allCases.filter { ![.ok, .slow].contains($0) })
    func keysOutliveTheTroubleOfTheirIssuer(_ mode: KeySetAnswer.Mode) async throws {
        let issuer = try await RunningIssuer()
        let verifier = verifier(issuer, interval: .zero, maximumAge: .zero)
        #expect(await refusal(verifier, try await token(issuer)) == nil)
        try await issuer.client.change(IssuerChange(keySet: .init(mode, perSecond: 0)))
        let before = try await issuer.client.reading().keySetRequests
        for _ in 0..<5 {
            #expect(await refusal(verifier, try await token(issuer)) == nil, "\(mode)")
            #expect(await refusal(verifier, try await token(issuer, .unknownKid)) == .unknownKey, "\(mode)")
        }
        #expect(try await issuer.client.reading().keySetRequests > before)
        // Nobody could know better.
        let late = self.verifier(issuer, interval: .zero)
        #expect(await refusal(late, try await token(issuer)) == .keysUnavailable, "\(mode)")
    }

    @Test func keysOutliveTheirIssuer() async throws {
        let issuer = try await RunningIssuer()
        let verifier = verifier(issuer, interval: .zero, maximumAge: .zero)
        let (first, second) = (try await token(issuer), try await token(issuer))
        #expect(await refusal(verifier, first) == nil)
        try await issuer.end()
        #expect(await refusal(verifier, second) == nil)
    }

    @Test func aSlowKeySetHoldsOnlyThoseWhoseKeyIsUnknown() async throws {
        let issuer = try await RunningIssuer()
        let verifier = verifier(issuer, interval: .zero, maximumAge: .zero)
        #expect(await refusal(verifier, try await token(issuer)) == nil)
        try await issuer.client.change(IssuerChange(keySet: .init(.slow, delay: 0.6)))
        let unknown = try await token(issuer, .unknownKid)
        async let held = refusal(verifier, unknown)
        let start = ContinuousClock.now
        for _ in 0..<5 { #expect(await refusal(verifier, try await token(issuer)) == nil) }
        #expect(start.duration(to: .now) < .milliseconds(500))
        #expect(await held == .unknownKey && start.duration(to: .now) >= .milliseconds(550))
    }

    @Test func aSuddenRotationIsFollowedAndItsOldKeyForgotten() async throws {
        let issuer = try await RunningIssuer()
        let verifier = verifier(issuer)
        let (remembered, fresh) = (try await token(issuer), try await token(issuer))
        #expect(await refusal(verifier, remembered) == nil)
        try await issuer.client.change(IssuerChange(rotation: KeyRotation(.sudden)))
        let new = try await token(issuer)
        try await follow(verifier, new)
        // What is remembered does not outlive its key.
        #expect(await refusal(verifier, remembered) == .unknownKey)
        #expect(await refusal(verifier, fresh) == .unknownKey)
        // Rolled back: the old tokens are good again, the new ones are not.
        try await issuer.client.change(IssuerChange(rotation: KeyRotation.none))
        try await follow(verifier, remembered)
        #expect(await refusal(verifier, new) == .unknownKey)
    }

    /// Until the keys were fetched anew, which happens within an interval.
    private func follow(_ verifier: TokenVerifier, _ token: String) async throws {
        let start = ContinuousClock.now
        while await refusal(verifier, token) != nil {
            try #require(start.duration(to: .now) < .seconds(3), "not followed")
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func anAnnouncedRotationIsNotNoticed() async throws {
        let issuer = try await RunningIssuer()
        let verifier = verifier(issuer, interval: .milliseconds(100), maximumAge: .milliseconds(100))
        let old = try await token(issuer)
        #expect(await refusal(verifier, old) == nil)
        try await issuer.client.change(IssuerChange(rotation: KeyRotation(.announced, after: 0.8)))
        let start = ContinuousClock.now
        while start.duration(to: .now) < .seconds(2) {
            #expect(await refusal(verifier, try await token(issuer)) == nil)
            #expect(await refusal(verifier, old) == nil)
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func twoKeysOfOneNameAreBothTried() async throws {
        let issuer = try await RunningIssuer()
        try await issuer.client.change(IssuerChange(collides: true))
        let verifier = verifier(issuer)
        #expect(await refusal(verifier, try await token(issuer)) == nil)
        #expect(await refusal(verifier, try await token(issuer, .badSignature)) == .signature)
    }

    @Test(arguments: [(3.0, true), (-3.0, true), (60.0, false), (-60.0, false)])
    func aClockThatIsOffALittleIsBorneWith(_ skew: Double, _ isAccepted: Bool) async throws {
        let issuer = try await RunningIssuer()
        try await issuer.client.change(IssuerChange(clockSkew: skew))
        let answer = await refusal(verifier(issuer), try await token(issuer, nil, ttl: 2))
        #expect((answer == nil) == isAccepted, "\(skew) \(String(describing: answer))")
    }

    @Test(arguments: TokenMemory.Damage.allCases)
    func aDamagedMemoryIsNotBelieved(_ damage: TokenMemory.Damage) async throws {
        let issuer = try await RunningIssuer()
        let clock = TestClock(Date().timeIntervalSince1970)
        let verifier = TokenVerifier(
            expectation: .init(audience: "bookshop", issuer: "bookshop-issuer"),
            keyStore: KeyStore(
                url: issuer.client.keySetURL, client: PlainHTTPClient(), metrics: metrics,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            metrics: metrics, unixTime: { clock.now })
        verifier.accepted.damage(damage)
        let tokens = [try await token(issuer, nil, ttl: 3600), try await token(issuer, nil, ttl: 30)]
        for _ in 0..<2 { for token in tokens { #expect(await refusal(verifier, token) == nil) } }
        #expect(verifier.accepted.reading.damaged > 0 && verifier.accepted.reading.found > 0)
        clock.now += 60
        #expect(await refusal(verifier, tokens[1]) == .expired)
        verifier.accepted.damage(nil)
        let found = verifier.accepted.reading.found
        for _ in 0..<2 { #expect(await refusal(verifier, tokens[0]) == nil) }
        #expect(verifier.accepted.reading.found == found && verifier.accepted.reading.entries == 1)
    }
}
