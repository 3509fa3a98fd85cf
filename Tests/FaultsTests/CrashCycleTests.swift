import Consistency
import ConsistencyWorkload
import Engine
import Events
import Faults
import Foundation
import LinuxSystem
import Postgres
import PostgresFixture
import Scenarios
import Testing
import Workload

/// PostgreSQL killed again and again under load: nothing that was acknowledged may be gone, nothing stored be damaged.
///
/// BRINK_KILLS says how often, 200 in CI. The server runs on the host itself: in the VM of the privileged tests, which
/// emulates, a cycle takes seconds.
@Suite(.serialized, .enabled(if: FixtureCluster.isAvailable && getuid() == 0), ClusterTrait()) struct CrashCycleTests {
    private let seed = UInt64(ProcessInfo.processInfo.environment["BRINK_SEED"] ?? "") ?? 20_241_130

    /// The load of a scenario, and what it entered.
    private struct Writing {
        let generator: LoadGenerator
        let transport: SQLTransport
        let ledger: Ledger
        let recorder = LoadRecorder()

        init(_ connection: String, in folder: String, rate: Int, seed: UInt64) async throws {
            let text = """
                apiVersion: brink/v1
                id: writing
                load: {sql: {target: "\(connection)", rate: \(rate)/s, writes: 100%, timeout: 2s}}
                steadyState: {checks: {any: "throughput > 0/s"}}
                faults: []
                """
            let scenario = try ScenarioReader.read(text, file: "writing", faults: FaultRegistry.schemas)
            transport = SQLTransport(database: connection, direct: connection, timeout: .seconds(2))
            try await transport.prepare()
            ledger = try Ledger(path: "\(folder)/ledger-\(UInt32.random(in: 0 ... .max)).txt")
            generator = LoadGenerator(
                load: try #require(scenario.load), transport: transport, recorder: recorder, ledger: ledger,
                start: MonotonicClock.now(), keyPrefix: "k", seed: seed)
        }

        /// Compares what was acknowledged with what is stored.
        func settle() async throws -> LedgerCount {
            await generator.end()
            if let trouble = await generator.trouble { throw FaultError(trouble) }
            let stored = try await transport.storedKeys(prefix: "k-")
            try await transport.shutdown()
            return LedgerCheck().check(sent: ledger.entries.sent, outcomes: ledger.entries.outcomes, stored: stored)
        }
    }

    private func target(_ cluster: ScratchCluster) throws -> ResolvedTarget {
        let server = try cluster.start(cgroup: nil)
        var target = ResolvedTarget(id: "db")
        target.postgres = server
        target.seed = seed
        target.database = DatabaseAccess(connection: cluster.connection(), cluster: server)
        return target
    }

    @Test func nothingAcknowledgedIsLost() async throws {
        let kills = Int(ProcessInfo.processInfo.environment["BRINK_KILLS"] ?? "") ?? 10
        let cluster = try #require(ClusterTrait.cluster)
        let connection = cluster.connection()
        let folder = SystemFile.parent(of: cluster.dataDirectory)
        let course = try FaultCourse(
            "postgres.crash_loop",
            [
                "kills": "\(kills)", "interval": "300ms", "duringRecovery": "25%",
                "roles": "postmaster, backend, checkpointer, walwriter, background-writer, autovacuum-launcher",
            ], on: try target(cluster), connection)
        let writing = try await Writing(connection, in: folder, rate: 60, seed: seed)
        var options = WorkloadOptions(
            level: .serializable, clients: 2, seed: seed, transactions: .max, duration: .seconds(3600))
        options.pause = .milliseconds(20)
        let lists = Task { [options] in try await ListAppendWorkload(connection, options: options).run() }
        let bank = Task { [options] in try await BankWorkload(connection, options: options).run() }
        await writing.generator.begin()
        var evidence = ""
        try await course.run(within: .seconds(900)) { evidence = await course.evidence }
        lists.cancel()
        bank.cancel()
        let count = try await writing.settle()
        let history = try await lists.value
        let report = try ListAppendCheck().check(history.history)
        let balance = try await bank.value
        let integrity = try await ServerIntegrity(connection, scratchFolder: folder).check()

        print("seed \(seed): \(evidence)")
        print(
            "ledger: \(count.sent) sent, \(count.acked) acknowledged, \(count.lost) lost, \(count.unknown) unknown "
                + "(\(count.unknownStored) of them stored); lists: \(report.committed) committed, "
                + "\(report.anomalies.count) anomalies; bank: \(balance.report.reads) reads, "
                + "\(balance.report.findings.count) wrong; integrity: \(integrity.findings.count) errors in "
                + "\(integrity.checked.values.reduce(0, +)) objects")
        #expect(count.acked > 0 && count.lost == 0, "\(count.lostKeys)")
        #expect(count.phantom == 0)
        #expect(report.isConclusive && !report.violates(.serializable), "\(report.anomalies)")
        #expect(history.tally.lastReadFailure == nil && history.tally.cleanUpFailure == nil)
        #expect(balance.report.isConclusive && !balance.report.violates(.serializable), "\(balance.report.findings)")
        #expect(integrity.verdict == .intact, "\(integrity.findings) \(integrity.unchecked)")
    }

    /// The ledger's positive control: a server that acknowledges before its log is written loses what it acknowledged.
    @Test func whatIsAcknowledgedTooEarlyIsFoundLost() async throws {
        let cluster = try #require(ClusterTrait.cluster)
        let connection = cluster.connection()
        let target = try target(cluster)
        let session = try await PostgresSession.connect(connection)
        for setting in ["synchronous_commit = off", "wal_writer_delay = '10s'"] {
            try await session.query("ALTER SYSTEM SET \(setting)")
        }
        try await session.query("SELECT pg_reload_conf()")
        session.close()
        let writing = try await Writing(
            connection, in: SystemFile.parent(of: cluster.dataDirectory), rate: 200, seed: seed)
        await writing.generator.begin()
        try await Task.sleep(for: .seconds(1))
        let course = try FaultCourse("postgres.kill", ["role": "postmaster", "tree": "true"], on: target, connection)
        try await course.run {}
        let count = try await writing.settle()
        let after = try await PostgresSession.connect(connection)
        try await after.query("ALTER SYSTEM RESET ALL")
        try await after.query("SELECT pg_reload_conf()")
        after.close()
        #expect(count.lost > 0, "\(count.acked) acknowledged, all of them stored")
    }
}
