import Faults
import Testing

@testable import Scenarios

/// Which scenarios a profile's service can take over, and what becomes of them.
@Suite struct ProfileSubstitutionTests {
    private func profile(writes: Bool = true, errors: String = "{}") throws -> TargetProfile {
        let order = writes ? "order: {write: true, post: /o, body: \"{key}\", answer: key}" : ""
        return try ProfileReader.read(
            """
            apiVersion: brink/v1
            profile: shop
            service: {program: /bin/shop, ready: /ready}
            load:
              rate: 50%
              timeout: 40s
              requests:
                book: {get: "/b", answer: id}
                \(order)
              stored: SELECT k FROM o WHERE starts_with(k, $1)
              errors: \(errors)
            names: {bookshop.books: shop.items}
            """, file: "p.yaml", folder: "/", fileText: { _ in nil })
    }

    private func scenario(
        app: String = "database: link", fault: String = "toxic.latency: {target: link, latency: 40ms}",
        load: String = "writes: 30%", expect: String = "recovery(f) < 5s", more: String = ""
    ) throws -> Scenario {
        try ScenarioReader.read(
            """
            apiVersion: brink/v1
            id: s
            services: {db: {postgres: {}}, app: {bookshop: {\(app)}}}
            targets: {db: {service: db}, app: {service: app}, link: {tcpProxy: {upstream: db}}}
            load: {http: {service: app, rate: 20/s, timeout: 6s, \(load)}}
            steadyState: {checks: {errors: "errors.rate < 1%"}}
            faults:
            - {id: f, at: 1s, for: 1s, \(fault)}
            expect: [{id: e, that: "\(expect)"}]
            \(more)
            """, file: "s.yaml", faults: FaultRegistry.schemas)
    }

    private func reason(_ scenario: Scenario, _ profile: TargetProfile) -> String? {
        do throws(ProfileSubstitution.NotApplicable) {
            _ = try ProfileSubstitution(profile, faults: FaultRegistry.schemas).apply(to: scenario)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test func theServiceTakesBookshopsPlace() throws {
        let given = try scenario(
            app: "database: link, poolSize: 4, checkoutTimeout: 1s",
            fault: "postgres.row_lock: {target: db, table: bookshop.books, rows: 5}")
        let result = try ProfileSubstitution(profile(), faults: FaultRegistry.schemas).apply(to: given)
        guard case .application(let application) = result.services[1].kind else { Issue.record("none"); return }
        #expect(application.name == "shop")
        #expect(application.databases == ["link"])
        #expect(application.poolSize == 4)
        #expect(application.checkoutTimeout == .seconds(1))
        #expect(application.applicationName == "shop")
        #expect(result.load?.rate == 10)
        #expect(result.load?.timeout == .seconds(40))
        #expect(result.load?.writes == 0.3)
        #expect(result.load?.requests?.kinds.count == 2)
        #expect(result.faults[0].parameters.text("table") == "shop.items")
        #expect(result.services[0] == given.services[0])
        #expect(result.expectations == given.expectations)
    }

    /// A load that comes in through a proxy is the service's all the same; one on another address is not.
    @Test(arguments: [("127.0.0.1:31980", true), ("127.0.0.1:31981", false)])
    func aLoadThroughAProxyAsksWhatTheProfileAsks(_ address: String, _ isAsked: Bool) throws {
        let given = try ScenarioReader.read(
            """
            apiVersion: brink/v1
            id: s
            services: {db: {postgres: {}}, app: {bookshop: {database: db}}}
            targets: {door: {tcpProxy: {listen: "127.0.0.1:31980", upstream: app}}}
            load: {http: {url: "http://\(address)/graphql", rate: 20/s}}
            steadyState: {checks: {errors: "errors.rate < 1%"}}
            faults: [{id: f, at: 1s, for: 1s, toxic.latency: {target: door, latency: 40ms}}]
            """, file: "s.yaml", faults: FaultRegistry.schemas)
        let result = try ProfileSubstitution(profile(), faults: FaultRegistry.schemas).apply(to: given)
        #expect((result.load?.requests != nil) == isAsked)
        #expect(result.load?.rate == (isAsked ? 10 : 20))
    }

    @Test func itsSessionsAreKnownByTheProfilesName() throws {
        let given = try scenario(fault: "postgres.terminate: {target: db, application: bookshop, count: 0}")
        let result = try ProfileSubstitution(profile(), faults: FaultRegistry.schemas).apply(to: given)
        #expect(result.faults[0].parameters.text("application") == "shop")
    }

    /// Bookshop's own questions would be mistakes to another service, and never reach its database.
    @Test func clientsThatAFaultAddsAskWhatTheProfileAsks() throws {
        let profile = try profile()
        let ask = { (body: String) in
            try self.scenario(fault: "clients.burst: {target: app, count: 9, path: /graphql, body: '\(body)'}")
        }
        func asked(_ given: Scenario) throws -> (path: String?, body: String?) {
            let result = try ProfileSubstitution(profile, faults: FaultRegistry.schemas).apply(to: given)
            return (result.faults[0].parameters.text("path"), result.faults[0].parameters.text("body"))
        }
        let read = try asked(try ask(#"{"query": "{ books(first: 5) { id } }"}"#))
        #expect(read.path == "/b" && read.body == nil)
        let write = try asked(try ask(#"{"query": "mutation { placeOrder(key: 1) { key } }"}"#))
        #expect(write.path == "/o" && write.body == #""one-and-the-same""#)
        let silent = try scenario(fault: "clients.slow: {target: app, count: 3, manner: slow-head, path: /other}")
        let kept = try asked(silent)
        #expect(kept.path == "/other" && kept.body == nil)
    }

    @Test func whatOnlyBookshopHasIsNotApplicable() throws {
        let profile = try profile()
        #expect(reason(try scenario(), profile) == nil)
        let orders = try scenario(fault: "postgres.lock: {target: db, table: bookshop.orders, mode: share}")
        #expect(reason(orders, profile)?.contains("bookshop.orders") == true)
        let waits = try scenario(expect: "during(f, pool.wait.p95) > 1s")
        #expect(reason(waits, profile) == "needs bookshop's metric pool.wait.p95")
        let both = try scenario(expect: "latency.p99 > 1s and pool.waiting > 2")
        #expect(reason(both, profile) == "needs bookshop's metric pool.waiting")
        let weak = try scenario(app: "database: db, weaknesses: [no-reconnect]")
        #expect(reason(weak, profile) == "needs bookshop's weakness no-reconnect")
        let bypass = try scenario(more: "bypass: {service: app}")
        #expect(reason(bypass, profile) == "needs bookshop's check of tokens")
        let name = try #require(FaultRegistry.schemas.first { $0.targets == [.tokenCache] }?.name)
        let cache = try scenario(fault: "\(name): {target: app}")
        #expect(reason(cache, profile)?.contains("tokenCache") == true)
    }

    /// Of alternatives one that can be known is enough.
    @Test func alternativesRemain() throws {
        let either = try scenario(expect: "during(f, pool.wait.p95) > 1s or errors.rate > 5%")
        #expect(reason(either, try profile()) == nil)
    }

    @Test func classesOfErrorsAreKnownWhereTheProfileTellsThem() throws {
        let timeouts = try scenario(expect: "during(f, errors.poolTimeout.rate) > 5%")
        #expect(reason(timeouts, try profile()) == "needs bookshop's metric errors.poolTimeout.rate")
        #expect(reason(timeouts, try profile(errors: "{poolTimeout: no connection}")) == nil)
    }

    @Test func withoutWritesTheLedgerSaysNothing() throws {
        let silent = try profile(writes: false)
        let ledger = try scenario(expect: "ledger.lost == 0")
        #expect(reason(ledger, try profile()) == nil)
        #expect(reason(ledger, silent) == "needs writes for its ledger, and the profile has none")
        let writes = try scenario(load: "mix: writes")
        #expect(reason(writes, silent) == "needs writes, and the profile has none")
        let other = try ProfileSubstitution(silent, faults: FaultRegistry.schemas).apply(to: scenario())
        #expect(other.load?.writes == 0)
    }

    @Test func aScenarioWithoutBookshopIsLeftOut() throws {
        let plain = try ScenarioReader.read(
            """
            apiVersion: brink/v1
            id: s
            services: {db: {postgres: {}}}
            targets: {db: {service: db}}
            faults: []
            """, file: "s.yaml", faults: FaultRegistry.schemas)
        #expect(reason(plain, try profile()) == "it has no bookshop whose place could be taken")
    }

    /// The catalogue as it is shipped: most of it says something of any service, and what is left out says why.
    @Test func mostOfTheCatalogueIsApplicable() throws {
        let profile = try ProfileReader.read(
            """
            apiVersion: brink/v1
            profile: shop
            service: {program: /bin/shop, ready: /ready}
            load:
              requests:
                book: {get: "/b", answer: id}
                order: {write: true, post: /o, body: "{key}", answer: key}
              stored: SELECT k FROM o WHERE starts_with(k, $1)
            names:
              {bookshop.books: b, bookshop.orders: o, bookshop.reviews: r, bookshop.reviews_book_id: i}
            """, file: "p.yaml", folder: "/", fileText: { _ in nil })
        let all = try Catalogue.files.flatMap { file in
            try ScenarioReader.readAll(
                try #require(Catalogue.text(of: file)), file: file, faults: FaultRegistry.schemas)
        }
        let general: Set<ScenarioAbout.Domain> = [.network, .pool, .database, .consistency, .resources]
        let wanted = all.filter { $0.about.domain.map(general.contains) ?? false }
        let left = wanted.compactMap { scenario in reason(scenario, profile).map { "\(scenario.id): \($0)" } }
        #expect(wanted.count > 50)
        #expect(left.count * 10 < wanted.count, "\(left)")
    }
}
