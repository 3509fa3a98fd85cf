import Events
import Foundation
import LinuxSystem
import Postgres
import Testing

extension PrivilegedSuite {
    /// PostgreSQL hit in every way against the reference service, and clusters that Brink did not start.
    @Suite(.serialized) struct PostgresTests {
        /// The report says whether connects were refused or hung, and who was killed.
        @Test func aStoppedPostmasterHangsWhereAKilledOneRefuses() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: doors
                services: {db: {postgres: {}}}
                targets: {db: {service: db}}
                load: {sql: {target: db, rate: 3/s, writes: 50%, timeout: 3s}}
                phases: {baseline: 2s, run: 26s, recovery: 20s}
                steadyState: {window: 2s, checks: {answers: "throughput > 0.2/s"}}
                faults:
                - {id: stopped, at: 2s, postgres.kill: {target: db, role: postmaster, signal: STOP, restartAfter: 6s}}
                - {id: killed, at: 16s, postgres.kill: {target: db, role: postmaster, tree: true, restartAfter: 3s}}
                expect: [{id: integrity, that: "ledger.lost == 0"}]
                """, in: place)
            let result = try BrinkCommand(in: place).run(["run", path])
            #expect(result.code == 0, "\(result.all)")
            let outages = try Self.outages(in: place)
            let hung = outages.filter { $0.fault == "stopped" }.flatMap(\.stretches)
            #expect(hung.contains { $0.door == .hanging }, "\(outages)")
            #expect(!hung.contains { $0.door == .refusing }, "\(outages)")
            let refused = outages.filter { $0.fault == "killed" }
            #expect(refused.flatMap(\.stretches).contains { $0.door == .refusing }, "\(outages)")
            #expect(refused.contains { $0.walBytes != nil && $0.isOver }, "\(outages)")
            #expect(result.all.contains("hung for") && result.all.contains("refused for"))
        }

        private static func outages(in place: String) throws -> [Outage] {
            let runs = try SystemFile.entries(of: "\(place)/out")
            let run = try #require(runs.last)
            let lines = try SystemFile.readText("\(place)/out/\(run)/events.jsonl").split(separator: "\n")
            return try lines.compactMap { line in
                let event = try JSONDecoder().decode(RunEvent.self, from: Data(line.utf8))
                if case .outage(let outage) = event.kind { return outage }
                return nil
            }
        }

        // MARK: Clusters of somebody else

        /// Nothing but a connection string: what SQL can do is done, what needs more is refused with the reason.
        @Test func aConnectionStringIsEnoughForSQL() async throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let foreign = try ForeignCluster()
            let connection = foreign.cluster.connection()
            let text = { (fault: String) in
                """
                apiVersion: brink/v1
                id: foreign
                targets: {db: {postgres: {connection: "\(connection)"}}}
                phases: {baseline: 0s, run: 4s, recovery: 0s}
                faults: [{id: f, at: 0s, \(fault)}]
                """
            }
            let command = BrinkCommand(in: place)
            for fault in [
                "for: 2s, postgres.idle_in_transaction: {target: db, sessions: 2}",
                "for: 2s, postgres.advisory_lock: {target: db, key: 7}",
                "for: 2s, postgres.errors: {target: db, kind: unique}",
            ] {
                let path = try PrivilegedSuite.scenario(text(fault), in: place)
                let result = try command.run(["run", path])
                #expect(result.code == 0, "\(fault): \(result.all)")
            }
            // One after the other under a load of its own, whose table they hit.
            let many = [
                "postgres.lock: {target: db, table: brink.orders, mode: share}",
                "postgres.row_lock: {target: db, table: brink.orders, rows: 1}",
                "postgres.deadlock: {target: db, table: brink.orders, pause: 200ms}",
                "postgres.ddl_queue: {target: db, table: brink.orders}", "postgres.old_snapshot: {target: db}",
                "postgres.terminate: {target: db, user: postgres, count: 1, pause: 300ms}",
                "postgres.cancel: {target: db, user: postgres, count: 0, pause: 5ms}",
                "postgres.runaway_query: {target: db, kind: cpu}",
            ].enumerated().map { "- {id: f\($0), at: \($0 * 3 + 1)s, for: 2s, \($1)}" }
            // For the cancelling: ten statements of a millisecond in a second are rarely met at work, those that wait are.
            let waiting =
                "- {id: waiting, at: 18500ms, for: 3s, postgres.lock: {target: db, table: brink.orders, mode: access-exclusive}}"
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: foreign
                targets: {db: {postgres: {connection: "\(connection)"}}}
                load: {sql: {target: db, rate: 10/s, writes: 80%, timeout: 2s}}
                phases: {baseline: 2s, run: 26s, recovery: 20s}
                steadyState: {window: 2s, checks: {answers: "throughput > 1/s"}}
                faults:
                \((many + [waiting]).joined(separator: "\n"))
                """, in: place)
            let result = try command.run(["run", path], seconds: 120)
            #expect(result.code == 0, "\(result.all)")
            #expect(try await foreign.ask("SELECT to_regnamespace('brink') IS NULL") == "t", "the load's table is left")
            for fault in [
                "postgres.kill: {target: db, role: postmaster}",
                "for: 2s, postgres.settings: {target: db, set: work_mem=64kB}",
            ] {
                let path = try PrivilegedSuite.scenario(text(fault), in: place)
                let result = try command.run(["run", path])
                #expect(result.code == 65, "\(fault): \(result.all)")
                #expect(result.all.contains("name the cluster with data:"), "\(result.all)")
            }
            for fault in [
                "for: 2s, postgres.bloat: {target: db, table: t}",
                "for: 2s, postgres.prepared_transaction: {target: db, table: t}",
            ] {
                let path = try PrivilegedSuite.scenario(text(fault), in: place)
                let result = try command.run(["run", path])
                #expect(result.code != 0 && result.all.contains("refused: "), "\(fault): \(result.all)")
            }
            try foreign.remove()
        }

        /// kill -9 of the harness while the server's settings are changed, or while it is kept from starting: the guardian
        /// puts the file back byte for byte, and the server runs.
        @Test(arguments: [
            "postgres.settings: {target: db, set: statement_timeout=5s}", "postgres.refuse_start: {target: db}",
            "postgres.settings: {target: db, set: max_connections=25, restart: true}",
        ])
        func theGuardianPutsTheServerBack(_ fault: String) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let foreign = try ForeignCluster()
            let before = try foreign.configuration
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: killed
                targets: {db: {postgres: {data: \(foreign.cluster.dataDirectory)}}}
                phases: {baseline: 0s, run: 60s, recovery: 0s}
                faults: [{id: f, at: 0s, for: 60s, \(fault)}]
                """, in: place)
            let command = BrinkCommand(in: place)
            let running = try command.start(["run", path])
            while !running.hasEnded, !running.errorsSoFar.contains("injected") {
                MonotonicClock.pause(milliseconds: 10)
            }
            #expect(try foreign.configuration != before)
            try running.send(.kill)
            let killed = try running.wait()
            #expect(killed.code == 137, "\(killed.all)")
            let recovery = try command.run(["recover"])
            #expect(recovery.code == 0, "\(recovery.all)")
            #expect(try foreign.configuration == before)
            try foreign.server.waitUntilReady(within: .seconds(30))
            #expect(try command.run(["verify"]).code == 0)
            try foreign.remove()
        }

        /// A data directory and a connection that belong to different clusters: never touched.
        @Test(arguments: [
            "for: 1s, postgres.idle_in_transaction: {target: db}", "postgres.restart: {target: db, mode: fast}",
            "postgres.kill: {target: db, role: postmaster}", "for: 1s, process.signal: {target: db, signal: STOP}",
        ])
        func anotherServersConnectionIsRefused(_ fault: String) throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let one = try ForeignCluster()
            let other = try ForeignCluster()
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: mixed
                targets: {db: {postgres: {data: \(one.cluster.dataDirectory), connection: "\(other.cluster.connection())"}}}
                phases: {baseline: 0s, run: 2s, recovery: 0s}
                faults: [{id: f, at: 0s, \(fault)}]
                """, in: place)
            let postmasters = try [one, other].map { try $0.server.postmaster() }
            let result = try BrinkCommand(in: place).run(["run", path])
            #expect(result.code != 0 && result.all.contains("not touched"), "\(result.all)")
            #expect(try [one, other].map { try $0.server.postmaster() } == postmasters)
            try one.remove()
            try other.remove()
        }
    }
}
