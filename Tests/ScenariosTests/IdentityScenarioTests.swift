import Faults
@testable import Scenarios
import Testing

/// Issuers of tokens, who trusts them, and attempts to get in without a right token.
@Suite struct IdentityScenarioTests {
    private func read(
        app: String = "{bookshop: {database: db, issuer: idp}}", targets: String = "idp: {service: idp}",
        bypass: String = "", fault: String = "for: 1s, jwks.down: {target: idp}"
    ) throws(InvalidScenario) -> Scenario {
        try ScenarioReader.read(
            """
            apiVersion: brink/v1
            id: identity
            services:
              db: {postgres: {}}
              idp: {issuer: {tokenLife: 20s}}
              app: \(app)
            targets: {\(targets), app: {service: app}}
            \(bypass)
            faults:
            - {id: f, at: 1s, \(fault)}
            """, file: "s.yaml", faults: FaultRegistry.schemas)
    }

    private func expectRefusal(_ expected: String, _ body: () throws(InvalidScenario) -> Scenario) {
        do throws(InvalidScenario) {
            _ = try body()
            Issue.record("accepted, not refused with \"\(expected)\"")
        } catch {
            #expect(error.diagnostics.contains { $0.description.contains(expected) }, "\(error.diagnostics)")
        }
    }

    @Test func anIssuerAndWhoTrustsIt() throws {
        let scenario = try read(app: "{bookshop: {database: db, issuer: idp, jwksInterval: 1s}}")
        #expect(scenario.services[1].kind == .issuer(.init(tokenLife: .seconds(20))))
        #expect(scenario.issuer(of: "app") == "idp" && scenario.issuer(of: "db") == nil)
        guard case .bookshop(let bookshop) = scenario.services[2].kind else {
            Issue.record("no bookshop")
            return
        }
        #expect(bookshop.issuer == "idp" && bookshop.jwksInterval == .seconds(1))
        #expect(scenario.targets[0].kinds(services: scenario.services).contains(.issuer))
        let linked = try read(
            app: "{bookshop: {database: db, issuer: far}}",
            targets: "idp: {service: idp}, near: {tcpProxy: {upstream: idp}}, far: {tcpProxy: {upstream: near}}")
        #expect(linked.issuer(of: "app") == "idp")
    }

    @Test(arguments: [
        ("{bookshop: {database: db, issuer: ipd}}", "\"ipd\", which is no service, target or address"),
        ("{bookshop: {database: db, issuer: db}}", "s.yaml:6:42: the issuer of app must be a service with issuer"),
        ("{bookshop: {database: db, issuer: \"127.0.0.1:9\"}}", "the issuer of app must be a service with issuer"),
        ("{bookshop: {database: db, issuer: app}}", "app depends on itself"),
        ("{bookshop: {database: db, authentication: false, issuer: idp}}", "s.yaml:6:65: issuer is of no use without"),
        ("{bookshop: {database: db, jwksInterval: 1ms}}", "s.yaml:6:48: jwksInterval must be a time from 100ms"),
        ("{issuer: {tokenLife: 1y}}", "s.yaml:6:29: tokenLife must be a time"),
        ("{issuer: {life: 1s}}", "s.yaml:6:18: unknown key \"life\""),
    ])
    func whatIsWrongWithThem(_ app: String, _ expected: String) {
        expectRefusal(expected) { () throws(InvalidScenario) in try read(app: app) }
    }

    @Test func faultsFindTheirTargets() throws {
        _ = try read(fault: "for: 1s, token_cache.corrupt: {target: app, kind: swapped}")
        expectRefusal("needs a target that is a issuer; app is") { () throws(InvalidScenario) in
            try read(fault: "for: 1s, jwks.down: {target: app}")
        }
        expectRefusal("needs a target that is a tokenCache; app is") { () throws(InvalidScenario) in
            try read(
                app: "{bookshop: {database: db, authentication: false}}",
                fault: "for: 1s, token_cache.corrupt: {target: app}")
        }
        expectRefusal("s.yaml:10:62: jwks.garbage.kind must be") { () throws(InvalidScenario) in
            try read(fault: "for: 1s, jwks.garbage: {target: idp, kind: xml}")
        }
    }

    @Test func attempts() throws {
        let all = try #require(try read(bypass: "bypass: {service: app}").bypass)
        #expect(all.flaws == Bypass.flaws && all.rate == 5 && all.grace == .seconds(10) && all.issuer == "idp")
        #expect(Bypass.flaws.contains("alg-none") && Bypass.flaws.contains("replayed") && Bypass.flaws.count == 18)
        let some = try read(
            bypass: "bypass: {service: app, issuer: idp, rate: 2/s, grace: 20s, flaws: [expired, no-token]}"
        ).bypass
        #expect(some?.flaws == ["expired", "no-token"] && some?.rate == 2 && some?.grace == .seconds(20))
        let own = try read(app: "{bookshop: {database: db}}", bypass: "bypass: {service: app, flaws: all}").bypass
        #expect(own?.issuer == nil)
    }

    @Test(arguments: [
        ("{}", "bypass needs \"service\""), ("{service: ap}", "s.yaml:8:19: no service is called \"ap\""),
        ("{service: db}", "s.yaml:8:19: bypass needs a bookshop that checks tokens"),
        ("{service: app, issuer: db}", "s.yaml:8:32: \"db\" is not the issuer of app: app trusts idp"),
        ("{service: app, rate: 0/s}", "s.yaml:8:30: rate must be attempts per second"),
        ("{service: app, rate: many}", "rate must be attempts per second"),
        ("{service: app, flaws: [alg-nine]}", "s.yaml:8:32: flaws has no \"alg-nine\""),
        ("{service: app, flaws: []}", "flaws must name at least one"),
        ("{service: app, flaws: none}", "must be a list"),
        ("{service: app, grace: 1s}", "s.yaml:8:31: grace must be a time from 6s"),
        ("{service: app, every: 1s}", "unknown key \"every\""),
    ])
    func whatIsWrongWithAttempts(_ bypass: String, _ expected: String) {
        expectRefusal(expected) { () throws(InvalidScenario) in try read(bypass: "bypass: \(bypass)") }
    }

    @Test func theirFiguresAreForExpectations() throws {
        let text = """
            apiVersion: brink/v1
            id: figures
            services: {db: {postgres: {}}, idp: {issuer: {}}, app: {bookshop: {database: db, issuer: idp}}}
            targets: {idp: {service: idp}}
            bypass: {service: app}
            faults: []
            expect:
            - {id: a, that: "bypass.accepted == 0 and bypass.controlsAccepted > 3"}
            - {id: b, that: "idp.jwks.requests.perSecond < 2"}
            """
        #expect(try ScenarioReader.read(text, file: "s.yaml", faults: FaultRegistry.schemas).expectations.count == 2)
    }
}
