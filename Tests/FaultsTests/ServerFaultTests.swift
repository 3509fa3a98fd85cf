import Engine
import Faults
import Glibc
import LinuxSystem
import Postgres
import PostgresFixture
import Testing

/// Faults of a server's processes and files, on a cluster of the test's own: seen while they last, and the server is as
/// it was after. Needs root, for the server runs as its own user.
@Suite(.serialized, .enabled(if: FixtureCluster.isAvailable && getuid() == 0), ClusterTrait()) struct ServerFaultTests {
    /// The cluster is found as one that Brink did not start, so that undoing goes through the journal.
    private func withServer(_ body: (ResolvedTarget, String) async throws -> Void) async throws {
        let cluster = try #require(ClusterTrait.cluster)
        let server = try cluster.start(cgroup: nil)
        var target = ResolvedTarget(id: "db")
        target.postgres = server
        target.seed = 7
        target.database = DatabaseAccess(connection: cluster.connection(), cluster: server)
        try await body(target, cluster.connection())
    }

    @Test func settingsComeAndGo() async throws {
        try await withServer { target, connection in
            let file = "\(try #require(target.postgres).dataDirectory)/postgresql.auto.conf"
            let before = (try SystemFile.read(file), try SystemFile.mode(of: file), try SystemFile.owner(of: file).user)
            let course = try FaultCourse(
                "postgres.settings", ["set": "statement_timeout=50ms; search_path=it's"], on: target, connection)
            try await course.run {
                try await course.expect("SELECT pg_sleep(1)", toFailWith: "57014")
            }
            try await course.expect("SELECT pg_sleep(0.1)", toFailWith: nil)
            let after = (try SystemFile.read(file), try SystemFile.mode(of: file), try SystemFile.owner(of: file).user)
            #expect(before == after)
        }
    }

    @Test func settingsThatNeedARestart() async throws {
        try await withServer { target, connection in
            let course = try FaultCourse(
                "postgres.settings", ["set": "max_connections=7", "restart": "true"], on: target, connection)
            try await course.run {
                try await course.expect("SELECT 1 / (current_setting('max_connections')::int - 7)", toFailWith: "22012")
            }
            try await course.expect("SELECT 1 / (current_setting('max_connections')::int - 60)", toFailWith: "22012")
        }
    }

    @Test(arguments: ["archive_command=false", "shared_preload_libraries=x", "port=1", "data_directory=/"])
    func whatASettingMayNotChange(_ setting: String) async throws {
        var target = ResolvedTarget(id: "db")
        target.database = DatabaseAccess(connection: "host=127.0.0.1")
        #expect(throws: FaultError.self) { try FaultCourse("postgres.settings", ["set": setting], on: target, "") }

    }

    @Test(arguments: ["nonsense=1", "work_mem=-5"]) func aSettingThatIsWrong(_ setting: String) async throws {
        try await withServer { target, connection in
            let file = "\(try #require(target.postgres).dataDirectory)/postgresql.auto.conf"
            let before = try SystemFile.read(file)
            let course = try FaultCourse("postgres.settings", ["set": setting], on: target, connection)
            await #expect(throws: FaultError.self) { try await course.run {} }
            #expect(try SystemFile.read(file) == before)
        }
    }

    @Test func aStartIsRefused() async throws {
        try await withServer { target, connection in
            let course = try FaultCourse("postgres.refuse_start", [:], on: target, connection)
            try await course.run {
                try await course.expect("SELECT 1", toFailWith: "connection-refused")
            }
            try #require(target.postgres).waitUntilReady(within: .seconds(20))
        }
    }

    @Test func aSlowStart() async throws {
        try await withServer { target, connection in
            let course = try FaultCourse("postgres.slow_start", ["delay": "1s"], on: target, connection)
            try await course.run {
                try await course.expect("SELECT 1", toFailWith: "57P03")
            }
        }
    }

    @Test(arguments: [
        PostgresRole.postmaster, .backend, .checkpointer, .walwriter, .backgroundWriter, .autovacuumLauncher,
    ])
    func everyRoleThatAlwaysRuns(_ role: PostgresRole) async throws {
        try await withServer { target, connection in
            let session = try await PostgresSession.connect(connection)
            let course = try FaultCourse("postgres.kill", ["role": role.rawValue], on: target, connection)
            try await course.run {}
            session.close()
        }
    }

    /// It comes and goes by itself, so it is given much to do, slowly.
    @Test func anAutovacuumWorker() async throws {
        try await withServer { target, connection in
            let session = try await PostgresSession.connect(connection)
            for setting in [
                "autovacuum_naptime = '1s'", "autovacuum_vacuum_cost_delay = '100ms'",
                "autovacuum_vacuum_cost_limit = 1",
                "autovacuum_vacuum_threshold = 1",
            ] {
                try await session.query("ALTER SYSTEM SET \(setting)")
            }
            try await session.query("SELECT pg_reload_conf()")
            try await session.execute(
                """
                CREATE TABLE worn AS SELECT generate_series(1, 100000) AS id; DELETE FROM worn WHERE id % 2 = 0
                """)
            // How worn it is goes to the launcher with the statistics, which a busy session keeps for up to a minute.
            try await session.query("SELECT pg_stat_force_next_flush()")
            let server = try #require(target.postgres)
            // Workers of other databases find nothing to do and are gone again at once: the one that is busy, alone.
            let busy = "SELECT pid FROM pg_stat_progress_vacuum WHERE relid = 'worn'::regclass"
            let end = MonotonicClock.now() + .seconds(60)
            while true {
                let workers = try server.processes(in: .autovacuumWorker).map { String($0.pid) }
                let found = try await session.query(busy)
                if workers.count == 1, found.count == 1, found[0, 0] == workers.first { break }
                try #require(MonotonicClock.now() < end, "no autovacuum worker came to stay")
                try await Task.sleep(for: .milliseconds(20))
            }
            let course = try FaultCourse(
                "postgres.kill", ["role": "autovacuum-worker", "signal": "TERM"], on: target, connection)
            try await course.run {}
            try await session.execute("DROP TABLE worn")
            try await session.query("ALTER SYSTEM RESET ALL")
            try await session.query("SELECT pg_reload_conf()")
            session.close()
        }
    }

    @Test func theWholeTree() async throws {
        try await withServer { target, connection in
            let course = try FaultCourse(
                "postgres.kill", ["role": "postmaster", "tree": "true"], on: target, connection)
            try await course.run {
                try await course.expect("SELECT 1", toFailWith: "connection-refused")
            }
        }
    }

    @Test func aBackendByApplicationStatementAndAge() async throws {
        try await withServer { target, connection in
            let sessions = try await withThrowingTaskGroup(of: PostgresSession.self) { group in
                for name in ["one", "two"] {
                    group.addTask {
                        let session = try await PostgresSession.connect("\(connection) application_name=\(name)")
                        try await session.execute("BEGIN; SELECT 'of \(name)'")
                        return session
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            try await Task.sleep(for: .milliseconds(200))
            for (parameters, isFound) in [
                (["application": "on%", "transactionAge": "100ms"], true), (["statement": "%of two%"], true),
                (["application": "three"], false), (["transactionAge": "1h"], false),
            ] {
                // TERM ends one session; KILL would end all.
                let course = try FaultCourse(
                    "postgres.kill",
                    parameters.merging(["role": "backend", "signal": "TERM"]) { own, _ in own }, on: target, connection)
                guard isFound else {
                    await #expect(throws: FaultError.self) { try await course.run {} }
                    continue
                }
                try await course.run {}
            }
            for session in sessions {
                await #expect(throws: PostgresError.self) { try await session.query("SELECT 1") }
            }
        }
    }

    /// A session may end by itself between choice and signal: the engine is told that another may be looked for.
    @Test func aSessionThatEndedByItself() async throws {
        try await withServer { target, connection in
            let session = try await PostgresSession.connect("\(connection) application_name=brief")
            let pid = try #require(Int32(try await session.query("SELECT pg_backend_pid()")[0, 0] ?? ""))
            let course = try FaultCourse(
                "postgres.kill", ["role": "backend", "application": "brief"], on: target, connection)
            let change = try #require(try await course.fault.plan().first)
            session.close()
            let end = MonotonicClock.now() + .seconds(10)
            while (try? target.table.identity(of: pid)) != nil, MonotonicClock.now() < end {
                try await Task.sleep(for: .milliseconds(10))
            }
            await #expect(throws: SubjectEnded.self) { try await change.apply() }
        }
    }

    @Test func aStoppedPostmasterHangs() async throws {
        try await withServer { target, connection in
            let course = try FaultCourse(
                "postgres.kill", ["role": "postmaster", "signal": "STOP"], on: target, connection)
            try await course.run {
                try await course.expect("SELECT 1", toFailWith: "timeout")
            }
        }
    }

    @Test func aCrashLoop() async throws {
        try await withServer { target, connection in
            let course = try FaultCourse(
                "postgres.crash_loop",
                [
                    "kills": "12", "interval": "50ms", "duringRecovery": "40%",
                    "roles": "postmaster, checkpointer, walwriter, background-writer, autovacuum-launcher",
                ], on: target, connection)
            try await course.run(within: .seconds(60)) {}
            try #require(target.postgres).waitUntilReady(within: .seconds(20))
        }
    }
}
