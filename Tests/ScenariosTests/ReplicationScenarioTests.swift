import Faults
import Foundation
@testable import Scenarios
import Testing

/// Standbys, services that fail over, and poolers as targets.
@Suite struct ReplicationScenarioTests {
    private func text(_ services: String, _ faults: String = "") -> String {
        """
        apiVersion: brink/v1
        id: failover
        services: {\(services)}
        targets: {t: {service: standby}}
        faults: [\(faults)]
        """
    }

    private func read(_ services: String, _ faults: String = "") throws(InvalidScenario) -> Scenario {
        try ScenarioReader.read(text(services, faults), file: "s.yaml", faults: FaultRegistry.schemas)
    }

    private func settings(of id: String, in scenario: Scenario) throws -> Service.Postgres {
        let service = try #require(scenario.services.first { $0.id == id })
        guard case .postgres(let settings) = service.kind else { throw CancellationError() }
        return settings
    }

    @Test func readsAStandbyAndWhoFollowsIt() throws {
        let scenario = try read(
            "standby: {postgres: {standbyOf: db, settings: {work_mem: 1MB}}}, db: {postgres: {maxConnections: 30}}, "
                + "third: {postgres: {standbyOf: standby}}, shop: {bookshop: {database: [db, standby]}}",
            "{id: f, at: 1s, postgres.promote: {target: t}}, "
                + "{id: g, at: 1s, for: 1s, postgres.replication_lag: {target: t, delay: 2s}}")
        let standby = try settings(of: "standby", in: scenario)
        #expect(standby.standbyOf == "db")
        #expect(standby.maxConnections == 30)
        #expect(try settings(of: "third", in: scenario).maxConnections == 30)
        #expect(scenario.services.map(\.cgroup) == ["standby", "postgres", "standby", "app"])
        #expect(scenario.services.map(\.primary) == ["db", nil, "standby", nil])
        guard case .bookshop(let shop) = scenario.services[3].kind else { Issue.record("no bookshop"); return }
        #expect(shop.databases == ["db", "standby"])
        #expect(scenario.targets[0].kinds(services: scenario.services).isSuperset(of: [.postgres, .database]))
    }

    @Test func oneDatabaseStaysOne() throws {
        let scenario = try read("standby: {postgres: {}}, shop: {bookshop: {database: standby}}")
        guard case .bookshop(let shop) = scenario.services[1].kind else { Issue.record("no bookshop"); return }
        #expect(shop.databases == ["standby"])
    }

    @Test func aPoolerIsATarget() throws {
        let scenario = try read(
            "db: {postgres: {}}, standby: {pgbouncer: {upstream: db}}",
            "{id: f, at: 1s, for: 1s, pgbouncer.pause: {target: t}}, "
                + "{id: g, at: 3s, for: 1s, pgbouncer.pool_mode: {target: t, mode: session}}")
        #expect(scenario.targets[0].kinds(services: scenario.services) == [.cgroup, .process, .service, .pooler])
    }

    @Test(arguments: [
        ("standby: {postgres: {standbyOf: dbb}}, db: {postgres: {}}", "is called \"dbb\" (did you mean \"db\"?)"),
        ("standby: {postgres: {standbyOf: standby}}", "standby depends on itself"),
        (
            "standby: {postgres: {standbyOf: b}}, b: {postgres: {standbyOf: standby}}",
            "b depends on itself through standby"
        ),
        ("standby: {postgres: {standbyOf: p}}, p: {pgbouncer: {upstream: \"h:1\"}}", "p is no postgres"),
        ("standby: {postgres: {standbyOf: db, maxConnections: 9}}, db: {postgres: {}}", "the maxConnections of its"),
        ("standby: {postgres: {standbyOf: db, roleConnections: 9}}, db: {postgres: {}}", "the roleConnections of its"),
        ("db: {postgres: {databaseConnections: 0}}", "databaseConnections must be a whole number from 1"),
        (
            "standby: {postgres: {standbyOf: db, settings: {primary_conninfo: x}}}, db: {postgres: {}}",
            "primary_conninfo is what makes it a standby of db"
        ),
        (
            "standby: {postgres: {standbyOf: db}}, db: {postgres: {settings: {wal_level: minimal}}}",
            "cannot follow db, which has wal_level minimal"
        ),
        (
            "standby: {postgres: {standbyOf: db, settings: {max_wal_senders: 3}}}, "
                + "db: {postgres: {settings: {max_wal_senders: 5}}}",
            "max_wal_senders must not be less than the 5 of db"
        ),
        ("standby: {postgres: {}}, shop: {bookshop: {database: [standby, standby]}}", "one of its servers twice"),
        ("standby: {postgres: {}}, shop: {bookshop: {database: []}}", "at least one"),
        ("standby: {postgres: {}}, shop: {bookshop: {database: [standby, nowhere]}}", "refers to \"nowhere\""),
        ("standby: {postgres: {}}, shop: {bookshop: {database: [standby, \"host=x\"]}}", "be one of several"),
        ("standby: {postgres: {}}, shop: {bookshop: {database: {a: b}}}", "database must be text"),
    ])
    func refuses(_ services: String, _ expected: String) {
        do throws(InvalidScenario) {
            _ = try read(services)
            Issue.record("accepted")
        } catch {
            #expect(error.diagnostics.contains { $0.description.contains(expected) }, "\(error.diagnostics)")
            #expect(Set(error.diagnostics.map(\.description)).count == error.diagnostics.count)
        }
    }

    @Test(arguments: [
        ("{id: f, at: 1s, for: 2s, postgres.promote: {target: t}}", "takes no \"for\""),
        ("{id: f, at: 1s, for: 2s, pgbouncer.pause: {target: t}}", "needs a target that is a pooler"),
        ("{id: f, at: 1s, postgres.replication_lag: {target: t}}", "needs \"delay\""),
    ])
    func refusesFaults(_ fault: String, _ expected: String) {
        do throws(InvalidScenario) {
            _ = try read("standby: {postgres: {}}", fault)
            Issue.record("accepted")
        } catch {
            #expect(error.diagnostics.contains { $0.description.contains(expected) }, "\(error.diagnostics)")
        }
    }
}
