import Faults
@testable import Scenarios
import Testing

/// Servers that are reached by SQL, settings of scratch clusters, and checks of data.
@Suite struct DatabaseScenarioTests {
    private func read(
        services: String = "db: {postgres: {}}, app: {bookshop: {database: db}}", target: String = "{service: db}",
        safety: String = "", fault: String = "for: 1s, postgres.advisory_lock: {target: t, key: 1}"
    ) throws(InvalidScenario) -> Scenario {
        try ScenarioReader.read(
            """
            apiVersion: brink/v1
            id: database
            services: {\(services)}
            targets: {t: \(target), app: {service: app}}
            \(safety)
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

    @Test func aConnectionStringIsATarget() throws {
        let scenario = try read(target: "{postgres: {connection: host=db user=brink}}")
        #expect(scenario.targets[0].kind == .database(connection: "host=db user=brink"))
        let both = try read(target: "{postgres: {data: /d, connection: host=db}}")
        #expect(both.targets[0].kind == .postgres(data: "/d", connection: "host=db"))
    }

    @Test func whatNeedsMoreThanAConnectionIsRefusedWithTheReason() {
        for fault in [
            "postgres.kill: {target: t, role: postmaster}", "postgres.restart: {target: t}",
            "for: 1s, postgres.settings: {target: t, set: work_mem=64kB}",
            "for: 1s, postgres.crash_loop: {target: t}", "for: 1s, postgres.refuse_start: {target: t}",
        ] {
            expectRefusal("name the cluster with data:") { () throws(InvalidScenario) in
                try read(target: "{postgres: {connection: host=db}}", fault: fault)
            }
        }
    }

    @Test(arguments: [
        "{postgres: {connection: host=db password=secret}}",
        "{postgres: {connection: \"postgresql://me:secret@db/x\"}}",
    ])
    func aPasswordIsNoPartOfAScenario(_ target: String) {
        expectRefusal("PGPASSFILE") { () throws(InvalidScenario) in try read(target: target) }
    }

    @Test func aServerNeedsAPlaceOrAConnection() {
        expectRefusal("postgres needs data, or connection") { () throws(InvalidScenario) in
            try read(target: "{postgres: {}}")
        }
    }

    @Test func settingsOfAScratchCluster() throws {
        let scenario = try read(
            services: "db: {postgres: {settings: {work_mem: 64kB, fsync: off}}}, app: {bookshop: {database: db}}")
        guard case .postgres(let settings) = scenario.services[0].kind else { Issue.record("no PostgreSQL"); return }
        #expect(settings.settings == ["work_mem": "64kB", "fsync": "off"])
        expectRefusal("port is how Brink finds the server") { () throws(InvalidScenario) in
            try read(services: "db: {postgres: {settings: {port: 1}}}, app: {bookshop: {database: db}}")
        }
    }

    @Test func checksOfData() throws {
        let scenario = try read(
            safety:
                "dataSafety: {target: t, through: db, listAppend: {isolation: read-committed, promises: serializable}}")
        let safety = try #require(scenario.dataSafety)
        #expect(safety.integrity && safety.bank == nil && safety.through == "db")
        #expect(safety.listAppend?.isolation == "read-committed" && safety.listAppend?.promises == "serializable")
        #expect(safety.listAppend?.clients == 2 && safety.phenomena == nil)
        let trials = try read(safety: "dataSafety: {target: t, phenomena: {isolation: repeatable-read, pause: 1s}}")
        #expect(trials.dataSafety?.phenomena?.promises == "repeatable-read")
        // PostgreSQL has no such level, but transactions can be judged by it.
        let strict = try read(safety: "dataSafety: {target: t, listAppend: {promises: strict-serializable}}")
        #expect(strict.dataSafety?.listAppend?.promises == "strict-serializable")
        #expect(throws: InvalidScenario.self) {
            try read(safety: "dataSafety: {target: t, listAppend: {isolation: strict-serializable}}")
        }
        #expect(trials.dataSafety?.phenomena?.pause == .seconds(1))
    }

    @Test(arguments: [
        ("{}", "target"), ("{target: x}", "no target is called"),
        ("{target: app}", "needs a target that is a PostgreSQL"),
        ("{target: t, listAppend: {isolation: snapshot}}", "isolation must be one of"),
        ("{target: t, through: nowhere}", "is no service, target or connection string"),
        ("{target: t, bank: {clients: 0}}", "clients must be a whole number"), ("{target: t, banks: {}}", "banks"),
        ("{target: t, phenomena: {clients: 3}}", "clients"),
    ])
    func whatIsWrongWithThem(_ safety: String, _ expected: String) {
        expectRefusal(expected) { () throws(InvalidScenario) in try read(safety: "dataSafety: \(safety)") }
    }
}
