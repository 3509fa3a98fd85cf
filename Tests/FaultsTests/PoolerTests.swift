import Engine
@testable import Faults
import Glibc
import LinuxSystem
import Measurement
import Postgres
import PostgresFixture
import Scenarios
import Testing

/// Faults of a PgBouncer over its admin console. Needs root, for server and pooler run as their own user.
@Suite(
    .serialized,
    .enabled(
        if: FixtureCluster.isAvailable && getuid() == 0 && SystemFile.exists("/usr/sbin/pgbouncer"),
        "no pgbouncer"), ClusterTrait())
struct PoolerTests {
    private struct Pool {
        let target: ResolvedTarget
        /// Through the pooler, and past it.
        let through: String
        let direct: String
        let file: String
    }

    private func withPool(_ body: (Pool) async throws -> Void) async throws {
        let cluster = try #require(ClusterTrait.cluster)
        _ = try cluster.start(cgroup: nil)
        let folder = SystemFile.parent(of: cluster.dataDirectory)
        let port = try FixtureCluster.freePort()
        let file = "\(folder)/pgbouncer-\(port).ini"
        let text = """
            [databases]
            postgres = host=127.0.0.1 port=\(cluster.port) dbname=postgres user=postgres
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = \(port)
            unix_socket_dir =
            auth_type = any
            admin_users = postgres
            pool_mode = transaction
            default_pool_size = 3
            server_login_retry = 1

            """
        try SystemFile.replace(file, Array(text.utf8))
        try SystemFile.changeOwner(file, to: cluster.owner)
        let log = try OwnedDescriptor.open("\(file).log", O_WRONLY | O_CREAT, mode: 0o600)
        let handle = try SpawnRequest(
            "/usr/sbin/pgbouncer", [file], environment: [:], directory: "/", newSession: true, owner: cluster.owner,
            standardOutput: log.number, standardError: log.number
        ).start()
        let through = "host=127.0.0.1 port=\(port) user=postgres dbname=postgres"
        var target = ResolvedTarget(id: "pool")
        target.pooler = PoolerAccess(
            connection: "host=127.0.0.1 port=\(port) user=postgres dbname=pgbouncer", configuration: file,
            process: handle.identity)
        let pool = Pool(target: target, through: through, direct: cluster.connection(), file: file)
        let outcome: Result<Void, any Error>
        do {
            try await waitUntilOpen(through)
            outcome = .success(try await body(pool))
        } catch {
            outcome = .failure(error)
        }
        try handle.send(.kill)
        _ = try handle.reap()
        try log.close()
        try outcome.get()
    }

    private func waitUntilOpen(_ connection: String) async throws {
        let end = MonotonicClock.now() + .seconds(5)
        while try await answer(connection) != nil {
            guard MonotonicClock.now() < end else { throw FaultError("pgbouncer does not answer") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// What a new client meets.
    private func answer(_ connection: String) async throws -> String? {
        let options = PostgresSessionOptions(connectTimeout: .milliseconds(500), statementTimeout: .milliseconds(500))
        do throws(PostgresError) {
            let session = try await PostgresSession.connect(connection, options: options)
            defer { session.close() }
            try await session.execute("SELECT 1")
            return nil
        } catch {
            return error.kind.name
        }
    }

    @Test func aPauseHasClientsWait() async throws {
        try await withPool { pool in
            let course = try FaultCourse("pgbouncer.pause", [:], on: pool.target, pool.direct)
            try await course.run {
                #expect(try await answer(pool.through) == "timeout")
                let second = try FaultCourse("pgbouncer.kill", [:], on: pool.target, pool.direct)
                await #expect(throws: FaultError.self) { try await second.run {} }
                #expect(try await answer(pool.through) == "timeout")
            }
            #expect(try await answer(pool.through) == nil)
        }
    }

    @Test func clientsThatWaitAreCounted() async throws {
        try await withPool { pool in
            let probe = PoolerProbe(target: "p", console: try #require(pool.target.pooler).connection)
            probe.begin()
            try await FaultCourse("pgbouncer.pause", [:], on: pool.target, pool.direct).run {
                let client = Task { try await answer(pool.through) }
                let end = MonotonicClock.now() + .seconds(5)
                while probe.read()["p.pool.cl_waiting"] != 1, MonotonicClock.now() < end {
                    try await Task.sleep(for: .milliseconds(10))
                }
                #expect(probe.read()["p.pool.cl_waiting"] == 1)
                #expect(Set(probe.read().keys).isSubset(of: MetricNames.perTarget.map { "p.\($0)" }))
                _ = try await client.value
            }
            await probe.end()
        }
    }

    @Test func aPauseThatATransactionHoldsUp() async throws {
        try await withPool { pool in
            let session = try await PostgresSession.connect(pool.through)
            try await session.execute("BEGIN; SELECT 1")
            let course = try FaultCourse("pgbouncer.pause", ["timeout": "300ms"], on: pool.target, pool.direct)
            await #expect(throws: (any Error).self) { try await course.run {} }
            try await session.execute("COMMIT")
            session.close()
            #expect(try await answer(pool.through) == nil)
        }
    }

    @Test func aKillDropsClients() async throws {
        try await withPool { pool in
            let session = try await PostgresSession.connect(pool.through)
            try await session.execute("SELECT 1")
            let course = try FaultCourse("pgbouncer.kill", [:], on: pool.target, pool.direct)
            try await course.run {
                await #expect(throws: PostgresError.self) { try await session.execute("SELECT 1") }
                let met = try await answer(pool.through)
                #expect(met == "timeout")
            }
            session.close()
            // A login that the pause cut short counts as failed, so the next one may come server_login_retry later.
            try await waitUntilOpen(pool.through)
        }
    }

    @Test func aReloadDisturbsNobody() async throws {
        try await withPool { pool in
            let session = try await PostgresSession.connect(pool.through)
            try await FaultCourse("pgbouncer.reload", [:], on: pool.target, pool.direct).run {}
            try await session.execute("SELECT 1")
            session.close()
        }
    }

    @Test func aPoolOfOne() async throws {
        try await withPool { pool in
            let before = try SystemFile.read(pool.file)
            let course = try FaultCourse("pgbouncer.pool_size", ["size": "1"], on: pool.target, pool.direct)
            try await course.run {
                let session = try await PostgresSession.connect(pool.through)
                try await session.execute("BEGIN; SELECT 1")
                #expect(try await answer(pool.through) == "timeout")
                try await session.execute("COMMIT")
                session.close()
            }
            #expect(try SystemFile.read(pool.file) == before)
            let session = try await PostgresSession.connect(pool.through)
            try await session.execute("BEGIN; SELECT 1")
            #expect(try await answer(pool.through) == nil)
            session.close()
            let same = try FaultCourse("pgbouncer.pool_size", ["size": "3"], on: pool.target, pool.direct)
            await #expect(throws: FaultError.self) { try await same.run {} }
        }
    }

    @Test func anotherMode() async throws {
        try await withPool { pool in
            let before = try SystemFile.read(pool.file)
            let course = try FaultCourse("pgbouncer.pool_mode", ["mode": "session"], on: pool.target, pool.direct)
            try await course.run {}
            #expect(try SystemFile.read(pool.file) == before)
            let pooler = try #require(pool.target.pooler)
            #expect(try await pooler.setting("pool_mode") == "transaction")
        }
    }

    @Test func aPoolerThatEndedHasNothingToTakeBack() async throws {
        try await withPool { pool in
            let course = try FaultCourse("pgbouncer.pause", [:], on: pool.target, pool.direct)
            let process = try #require(pool.target.pooler).process
            try await course.run {
                try ProcessHandle(opening: process).send(.kill)
                #expect(try await answer(pool.through) != nil)
            }
        }
    }
}
