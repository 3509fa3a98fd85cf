import Engine
@testable import Faults
import IssuerClient
import IssuerControl
import IssuerFixture
import LinuxSystem
import NIOCore
import PlainHTTP
import Scenarios
import Testing

/// Faults of an issuer, and of what a service remembers of tokens, on real processes; no root is needed.
@Suite(.serialized) struct IdentityFaultTests {
    private func target(_ issuer: RunningIssuer) -> ResolvedTarget {
        var target = ResolvedTarget(id: "idp")
        target.issuer = issuer.client
        return target
    }

    /// From its injection to its end; afterwards the issuer must be as it was.
    private func withFault(
        _ name: String, _ parameters: [String: String] = [:], _ body: (IssuerClient) async throws -> Void
    ) async throws {
        let issuer = try await RunningIssuer()
        let before = try await issuer.client.reading()
        let keys = await issuer.client.lookAtKeySet().keys
        try await FaultCourse(name, parameters, on: target(issuer)).run { try await body(issuer.client) }
        let after = try await issuer.client.reading()
        #expect(after.settings == before.settings && after.signingKey == before.signingKey)
        #expect(after.publishedKeys == before.publishedKeys)
        #expect(await issuer.client.lookAtKeySet().keys == keys)
        // What Brink looked at is none of the service's requests.
        #expect(after.keySetRequests == 0)
    }

    @Test func down() async throws {
        try await withFault("jwks.down") { #expect(await $0.lookAtKeySet().status == 503) }
    }

    @Test func slow() async throws {
        try await withFault("jwks.slow", ["delay": "400ms"]) {
            #expect(await $0.lookAtKeySet().took >= .milliseconds(400))
        }
    }

    @Test(arguments: ["garbage", "truncated", "html", "empty", "huge"])
    func garbage(_ kind: String) async throws {
        try await withFault("jwks.garbage", ["kind": kind]) {
            let settings = try await $0.reading().settings
            #expect(settings.keySet.mode.rawValue == kind)
        }
    }

    @Test(arguments: ["0", "2"])
    func rateLimit(_ limit: String) async throws {
        try await withFault("jwks.rate_limit", ["per_second": limit]) { issuer in
            var statuses: [Int?] = []
            for _ in 0..<4 { statuses.append(await issuer.lookAtKeySet().status) }
            #expect(statuses.contains(429))
        }
    }

    @Test(arguments: ["announced", "sudden", "rolled-back"])
    func rotation(_ how: String) async throws {
        let issuer = try await RunningIssuer()
        let before = try await issuer.client.reading()
        let course = try FaultCourse("jwks.rotate", ["how": how, "after": "700ms"], on: target(issuer))
        try await course.run {
            let now = try await issuer.client.reading()
            #expect(now.signingKey != before.signingKey)
            #expect(now.publishedKeys.contains(before.signingKey) == (how == "announced"))
            guard how == "rolled-back" else { return }
            while try await issuer.client.reading().signingKey != before.signingKey {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        let after = try await issuer.client.reading()
        #expect(after.signingKey == before.signingKey && after.publishedKeys == before.publishedKeys)
    }

    @Test func collision() async throws {
        try await withFault("jwks.collide") { issuer in
            let name = try await issuer.reading().signingKey
            #expect(await issuer.lookAtKeySet().keys?.count { $0 == name } == 2)
        }
    }

    @Test(arguments: [("ahead", 90.0), ("behind", -90.0)])
    func clockSkew(_ direction: String, _ skew: Double) async throws {
        try await withFault("issuer.clock_skew", ["by": "90s", "direction": direction]) {
            let settings = try await $0.reading().settings
            #expect(settings.clockSkew == skew)
        }
    }

    @Test func shortLife() async throws {
        let issuer = try await RunningIssuer()
        let course = try FaultCourse("tokens.expire", ["life": "1s"], on: target(issuer))
        // Not by cancelling it, which would cut short what is under way.
        let stop = MadeMark()
        let client = Task {
            var lives: [Double] = []
            while !stop.isMade {
                lives.append(try await issuer.client.token(TokenRequest(sub: "a")).expiresIn)
                try await Task.sleep(for: .milliseconds(50))
            }
            return lives
        }
        try await course.run { try await Task.sleep(for: .milliseconds(200)) }
        stop.make()
        #expect(try await client.value.contains(1))
        #expect(try await issuer.client.reading().settings == IssuerSettings())
        // Nobody asks for a token, so nobody has a short one.
        let unseen = try FaultCourse("tokens.expire", ["life": "1s"], on: target(issuer))
        await #expect(throws: FaultError.self) { try await unseen.run(within: .milliseconds(300)) {} }
        #expect(try await issuer.client.reading().settings == IssuerSettings())
    }

    @Test func whatIsChangedAlreadyIsNotTouched() async throws {
        let issuer = try await RunningIssuer()
        try await FaultCourse("jwks.down", [:], on: target(issuer)).run {
            let second = try FaultCourse("jwks.garbage", [:], on: target(issuer))
            await #expect(throws: FaultError.self) { try await second.run {} }
            #expect(try await issuer.client.reading().settings.keySet.mode == .down)
        }
        // Someone else's change is left alone, and told.
        let settings = try KeySetDownFault(
            FaultSpecification(
                id: "f", name: "jwks.down", target: "idp", trigger: .at(.zero), duration: nil, parameters: Parameters()),
            on: target(issuer))
        let change = try #require(try await settings.plan().first)
        try await change.apply()
        try await issuer.client.change(IssuerChange(keySet: .init(.html)))
        guard case .inProcess(let undo) = change.undo else { throw FaultError("it is undone in this process") }
        let outcome = await undo()
        #expect(outcome.isResidue)
        #expect(try await issuer.client.reading().settings.keySet.mode == .html)
    }

    @Test func anIssuerThatEndedHasNothingToTakeBack() async throws {
        let issuer = try await RunningIssuer()
        try await FaultCourse("jwks.collide", [:], on: target(issuer)).run { try await issuer.end() }
    }

    @Test(arguments: ["expiry", "swapped"])
    func tokenCache(_ kind: String) async throws {
        let issuer = try await RunningIssuer()
        // No database: a token is looked at before it is needed.
        let bookshop = try await RunningProgram(
            "bookshop",
            [
                "serve", "--port", "0", "--database", "host=127.0.0.1 port=1", "--jwks-url", issuer.client.keySetURL,
                "--pool-checkout-timeout", "50ms",
            ], environment: ["BOOKSHOP_CONTROL_TOKEN": "a secret of the test"])
        var target = ResolvedTarget(id: "app")
        target.tokenCache = TokenCacheAccess(address: bookshop.address, secret: "a secret of the test")
        // Not by cancelling it, which would cut short what is under way.
        let stop = MadeMark()
        let client = Task {
            let http = PlainHTTPClient()
            var statuses: [Int] = []
            while !stop.isMade {
                let token = try await issuer.client.token(TokenRequest(sub: "a")).accessToken
                for _ in 0..<2 {
                    let answer = try await http.send(
                        .POST, "http://\(bookshop.address)/graphql", headers: ["Authorization": "Bearer \(token)"],
                        body: ByteBuffer(string: "{\"query\":\"{ book(id: 1) { id } }\"}"), within: .seconds(5))
                    statuses.append(answer.status)
                }
            }
            return statuses
        }
        let course = try FaultCourse("token_cache.corrupt", ["kind": kind], on: target)
        try await course.run {
            #expect(await course.evidence.contains("remembered tokens damaged"))
            let second = try FaultCourse("token_cache.corrupt", [:], on: target)
            await #expect(throws: FaultError.self) { try await second.run {} }
        }
        let access = try #require(target.tokenCache)
        let after = try await access.reading()
        #expect(after.damage == nil && after.damaged > 0)
        stop.make()
        // A right token is accepted all the while.
        #expect(try await client.value.allSatisfy { $0 == 200 })
        // Others have no business there.
        let stranger = TokenCacheAccess(address: bookshop.address, secret: "guess")
        await #expect(throws: FaultError.self) { try await stranger.reading() }
    }
}
