import Foundation
import Glibc
import LinuxSystem
import Postgres
import Testing

extension PrivilegedSuite {
    /// connections.hoard and ports.exhaust, seen from the target's side.
    @Suite(.serialized) struct ConnectionTests {
        /// A cluster that Brink did not start, with 20 connections, 3 of them for superusers, and an ordinary role.
        private struct Cluster {
            let place: String
            let scratch: ScratchCluster
            let server: PostgresServer

            init(in place: String) async throws {
                self.place = place
                let entry = try #require(getpwnam("postgres"))
                let owner = SpawnRequest.Owner(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
                let home = "\(place)/cluster"
                try SystemFile.makeFolders(home)
                try SystemFile.changeOwner(home, to: owner)
                scratch = try ScratchCluster(folder: home, port: 47_322, maxConnections: 20, owner: owner)
                try scratch.create()
                server = try scratch.start(cgroup: nil)
                let session = try await PostgresSession.connect(scratch.connection())
                _ = try await session.query("CREATE ROLE app LOGIN")
                session.close()
            }

            func connectAsUser() async throws(PostgresError) -> PostgresSession {
                try await PostgresSession.connect(
                    "host=127.0.0.1 port=\(scratch.port) user=app dbname=postgres application_name=shop")
            }

            /// Sessions that Brink holds, as a superuser sees them.
            func held() async throws -> Int {
                let session = try await PostgresSession.connect(scratch.connection())
                defer { session.close() }
                let rows = try await session.query(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'brink-hoard%'")
                return Int(rows[0, 0] ?? "") ?? -1
            }

            /// How many sessions an ordinary role can open, and the SQLSTATE that ends it.
            func userSlots() async throws -> (count: Int, ending: String?) {
                var sessions: [PostgresSession] = []
                defer { for session in sessions { session.close() } }
                do throws(PostgresError) {
                    while sessions.count < 40 { sessions.append(try await connectAsUser()) }
                    return (sessions.count, nil)
                } catch {
                    return (sessions.count, error.sqlState)
                }
            }

            func remove() throws {
                try server.stop(.immediate, within: .seconds(20))
                try SystemFile.removeTree(place)
            }
        }

        private func scenario(
            _ cluster: Cluster, _ fault: String, lasting: String = "60s", in place: String
        ) throws -> String {
            try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: hoarding
                targets: {db: {postgres: {data: \(cluster.scratch.dataDirectory)}}}
                phases: {baseline: 0s, run: \(lasting), recovery: 0s}
                faults: [{id: hoard, at: 0s, for: \(lasting), connections.hoard: {target: db, \(fault)}}]
                """, in: place)
        }

        private func waitForEffect(_ running: BrinkCommand.Running) throws {
            let end = MonotonicClock.now() + .seconds(60)
            while !running.errorsSoFar.contains("verified") {
                try #require(!running.hasEnded && MonotonicClock.now() < end, "\(running.errorsSoFar)")
                MonotonicClock.pause(milliseconds: 10)
            }
        }

        @Test func usersFindNoSlotUntilTheHarnessDies() async throws {
            let place = try PrivilegedSuite.place()
            let cluster = try await Cluster(in: place)
            let command = BrinkCommand(in: place)
            #expect(try await cluster.userSlots() == (17, "53300"))

            // One user is in already, and is one of the two.
            let user = try await cluster.connectAsUser()
            let path = try scenario(
                cluster, "leave: 2, session: \"user=app dbname=postgres\"", in: place)
            let running = try command.start(["run", path])
            try waitForEffect(running)
            #expect(try await cluster.userSlots() == (1, "53300"))
            _ = try await user.query("SELECT 1")
            #expect(try await cluster.held() > 10)
            // What becomes free beyond the two is taken; what is left is left.
            user.close()
            // A busy server takes its time to let go of a session, and what this asks with is there for a moment too.
            let settled = MonotonicClock.now() + .seconds(20)
            var free: (count: Int, ending: String?) = (0, nil)
            repeat {
                MonotonicClock.pause(milliseconds: 500)
                free = try await cluster.userSlots()
            } while free != (2, "53300") && MonotonicClock.now() < settled
            #expect(free == (2, "53300"))

            try running.send(.kill)
            let result = try running.wait()
            #expect(result.code == 137, "\(result.all)")
            let end = MonotonicClock.now() + .seconds(5)
            while try await cluster.held() > 0, MonotonicClock.now() < end { MonotonicClock.pause(milliseconds: 5) }
            #expect(try await cluster.held() == 0)
            #expect(try await cluster.userSlots() == (17, "53300"))
            #expect(try command.run(["recover"]).code == 0)
            #expect(try command.run(["verify"]).code == 0)
            try cluster.remove()
        }

        @Test func evictionCutsAPoolDownAndARunPutsItBack() async throws {
            let place = try PrivilegedSuite.place()
            let cluster = try await Cluster(in: place)
            let command = BrinkCommand(in: place)
            var pool: [PostgresSession] = []
            for _ in 0..<6 { pool.append(try await cluster.connectAsUser()) }
            let path = try scenario(
                cluster, "leave: 4, evict: true, session: \"user=app dbname=postgres\"", lasting: "3s", in: place)
            let running = try command.start(["run", path])
            try waitForEffect(running)
            var alive = 0
            for session in pool where (try? await session.query("SELECT 1")) != nil { alive += 1 }
            #expect(alive == 4)
            let result = try running.wait()
            #expect(result.code == 0, "\(result.all)")
            #expect(try await cluster.held() == 0)
            for session in pool { session.close() }
            // The sessions of a server that was there before are counted as those of the run's own.
            let run = try #require(try SystemFile.entries(of: command.out).first)
            #expect(try SystemFile.readText("\(command.out)/\(run)/events.jsonl").contains("db.connections.total"))

            // Whom full slots cannot keep out is no measure of them, and a wrong role is no success.
            let superuser = try scenario(
                cluster, "session: \"user=postgres dbname=postgres\"", lasting: "1s", in: place)
            let refused = try command.run(["run", superuser])
            #expect(refused.code != 0 && refused.all.contains("is a superuser"), "\(refused.all)")
            let nobody = try scenario(cluster, "count: 3", lasting: "1s", in: place)
            let unnamed = try command.run(["run", nobody])
            #expect(unnamed.code != 0 && unnamed.all.contains("name an ordinary role"), "\(unnamed.all)")
            #expect(try await cluster.held() == 0)
            try cluster.remove()
        }

        /// The machine's own namespace is never narrowed.
        @Test func theHostsOwnPortsAreRefused() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try Victim()
            let before = try SystemFile.read("/proc/sys/net/ipv4/ip_local_port_range")
            for target in ["{process: \(victim.worker.pid)}", "{cgroup: \(victim.cgroup.path)}"] {
                let path = try PrivilegedSuite.scenario(
                    """
                    apiVersion: brink/v1
                    id: host
                    targets: {t: \(target)}
                    phases: {baseline: 0s, run: 1s, recovery: 0s}
                    faults: [{id: f, at: 0s, for: 500ms, ports.exhaust: {target: t}}]
                    """, in: place)
                let result = try BrinkCommand(in: place).run(["run", path])
                #expect([69, 70].contains(result.code) && result.all.contains("refused"), "\(result.all)")
            }
            #expect(try SystemFile.read("/proc/sys/net/ipv4/ip_local_port_range") == before)
            try victim.remove()
        }

        /// What was written is found again and put back when nobody but a mount holds the namespace any more.
        @Test func aNamespaceWithoutProcessesIsRestoredToo() throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let victim = try Victim()
            let isolated = FaultCase(fault: "ports.exhaust: {target: mate}", companion: .isolated)
            try isolated.prepare(victim)
            let mate = try #require(victim.mate)
            let mountPoint = "\(place)/net"
            try SystemFile.replace(mountPoint, [])
            try tool("/usr/bin/mount", ["--bind", "/proc/\(mate.pid)/ns/net", mountPoint])
            defer { try? tool("/usr/bin/umount", [mountPoint]) }
            let namespace = try NetworkNamespace(of: mate.pid)
            let read = { () throws(SystemError) -> [UInt8] in
                try namespace.run { () throws(SystemError) in
                    try SystemFile.read("/proc/sys/net/ipv4/ip_local_port_range")
                }
            }
            let before = try read()
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: orphan
                targets: {mate: {process: \(mate.pid)}}
                phases: {baseline: 0s, run: 60s, recovery: 0s}
                faults: [{id: f, at: 0s, for: 60s, \(isolated.fault)}]
                """, in: place)
            let command = BrinkCommand(in: place)
            let running = try command.start(["run", path])
            try waitForEffect(running)
            #expect(try read() != before)
            try ProcessHandle(opening: mate).send(.kill)
            try running.send(.kill)
            _ = try running.wait()
            #expect(try command.run(["recover"]).code == 0)
            #expect(try read() == before)
            #expect(try command.run(["verify"]).code == 0)
            try victim.remove()
        }

        private func tool(_ path: String, _ arguments: [String]) throws {
            let handle = try SpawnRequest(path, arguments, environment: ["PATH": "/usr/bin:/bin"]).start()
            let hasEnded = handle.hasEnded(within: 10_000)
            #expect(hasEnded)
            #expect(try handle.reap() == 0, "\(path) \(arguments)")
        }
    }
}
