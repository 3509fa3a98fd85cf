import Faults
@testable import Scenarios
import Testing

/// What a scenario says of the weaknesses that it catches, and what it needs for that.
@Suite struct WeaknessScenarioTests {
    private func read(app: String = "", about: String = "", fault: String = "service.restart: {target: app}")
        throws(InvalidScenario) -> Scenario
    {
        try ScenarioReader.read(
            """
            apiVersion: brink/v1
            id: weak
            services: {db: {postgres: {}}, app: {bookshop: {database: db\(app)}}}
            targets: {app: {service: app}, db: {service: db}}
            \(about)
            faults: [{id: f, at: 1s, \(fault)}]
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

    @Test func whatItCatches() throws {
        #expect(try read().about.catches == [])
        let scenario = try read(about: "catches: [retry-storm, health-lies]")
        #expect(scenario.about.catches == ["retry-storm", "health-lies"])
        expectRefusal("s.yaml:5:11: bookshop has no weakness \"retry-strom\" to catch (did you mean") {
            () throws(InvalidScenario) in try read(about: "catches: [retry-strom]")
        }
        expectRefusal("must be a list") { () throws(InvalidScenario) in try read(about: "catches: retry-storm") }
    }

    @Test func howManyMayWait() throws {
        func queue(_ scenario: Scenario) -> Int? {
            guard case .bookshop(let bookshop) = scenario.services[1].kind else { return nil }
            return bookshop.poolQueue
        }
        #expect(queue(try read()) == 500)
        #expect(queue(try read(app: ", poolQueue: 5")) == 5)
        expectRefusal("poolQueue must be") { () throws(InvalidScenario) in try read(app: ", poolQueue: -1") }
    }

    @Test func readinessIsAskedForWhenAConditionIsAboutIt() throws {
        #expect(try !read().asks(for: "service.ready"))
        let expected = try read(about: "expect: [{id: a, that: \"phase(run, service.ready) < 1\"}]")
        #expect(expected.asks(for: "service.ready"))
        #expect(try read(about: "abort: [{if: \"service.ready < 1\", for: 5s}]").asks(for: "service.ready"))
        #expect(
            try !read(about: "expect: [{id: a, that: \"service.connects.perSecond < 1\"}]").asks(for: "service.ready"))
    }

    @Test func whichServicesAreStartedAgain() throws {
        let scenario = try read()
        #expect(scenario.services.map(\.isRestartable) == [false, true])
    }

    /// Every weakness has a scenario that is to catch it.
    @Test func noneIsForgotten() throws {
        var caught: Set<String> = []
        for file in Catalogue.files {
            let text = try #require(Catalogue.text(of: file))
            for scenario in try ScenarioReader.readAll(text, file: file, faults: FaultRegistry.schemas) {
                caught.formUnion(scenario.about.catches)
            }
        }
        #expect(Set(Weakness.names).subtracting(caught) == [])
    }
}
