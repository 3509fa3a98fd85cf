import Faults
import Scenarios
import Testing

/// Whether a scenario can run where there is no network but its own.
@Suite struct ScenarioReachTests {
    private func isSelfContained(_ changes: String...) throws -> Bool {
        let text = """
            apiVersion: brink/v1
            id: reach
            steadyState: {window: 1s, checks: {errors: "errors.rate < 5%"}}
            faults: []
            \(changes.joined(separator: "\n"))
            """
        return try ScenarioReader.read(text, file: "s.yaml", faults: FaultRegistry.schemas).isSelfContained
    }

    private let services = "services: {db: {postgres: {}}, app: {bookshop: {database: link}}}"
    private let targets = "targets: {db: {service: db}, link: {tcpProxy: {upstream: db}}}"

    @Test func whatConnectsToItsOwnServicesIs() throws {
        #expect(try isSelfContained(services, targets, "load: {http: {service: app, rate: 1/s}}"))
        #expect(try isSelfContained(services, targets, "load: {sql: {target: link, rate: 1/s}}"))
    }

    @Test func aLinkOfItsOwnMayBeNamedByItsAddress() throws {
        let targets =
            "targets: {link: {tcpProxy: {upstream: db}}, door: {tcpProxy: {listen: \"127.0.0.1:3198\", upstream: app}}}"
        let load = { (port: Int) in "load: {http: {url: \"http://127.0.0.1:\(port)/graphql\", rate: 1/s}}" }
        #expect(try isSelfContained(services, targets, load(3198)))
        #expect(try !isSelfContained(services, targets, load(31980)))
    }

    @Test(arguments: [
        "targets: {db: {service: db}, link: {tcpProxy: {upstream: \"127.0.0.1:5432\"}}}",
        "targets: {link: {tcpProxy: {upstream: db}}, other: {postgres: {connection: \"host=127.0.0.1\"}}}",
        "targets: {link: {tcpProxy: {upstream: db}}, other: {process: 1}}",
        "targets: {link: {tcpProxy: {upstream: db, listen: \"0.0.0.0:5433\"}}}",
        "targets: {link: {tcpProxy: {upstream: db}}, other: {redis: {address: \"127.0.0.1:6379\"}}}",
    ])
    func aTargetThatRunsAlreadyIsNot(_ targets: String) throws {
        #expect(try !isSelfContained(services, targets))
    }

    @Test func whatConnectsToWhoKnowsWhereIsNot() throws {
        let services = "services: {job: {command: {path: /bin/sleep}}}"
        #expect(try !isSelfContained(services, "targets: {job: {service: job}}"))
        let pool = "services: {pool: {pgbouncer: {upstream: \"127.0.0.1:5432\"}}}"
        #expect(try !isSelfContained(pool, "targets: {pool: {service: pool}}"))
    }

    @Test func theShippedOnesAre() throws {
        for file in Catalogue.files {
            let scenarios = try ScenarioReader.readAll(
                try #require(Catalogue.text(of: file)), file: file, faults: FaultRegistry.schemas)
            #expect(scenarios.filter { !$0.isSelfContained }.map(\.id) == [])
        }
    }
}
