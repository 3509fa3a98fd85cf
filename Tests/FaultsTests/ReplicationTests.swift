import Engine
@testable import Faults
import Glibc
import LinuxSystem
import Measurement
import Postgres
import PostgresFixture
import Testing

/// Faults between a primary and its standby: seen while they last, and the standby has everything after. Needs root, for
/// the servers run as their own user.
@Suite(.serialized, .enabled(if: FixtureCluster.isAvailable && getuid() == 0), ReplicationTrait())
struct ReplicationTests {
    private func target(_ cluster: ScratchCluster, isScratch: Bool = true) throws -> ResolvedTarget {
        let server = try PostgresServer(running: cluster.dataDirectory)
        var target = ResolvedTarget(id: "standby")
        target.postgres = server
        target.isScratchCluster = isScratch
        target.database = DatabaseAccess(connection: cluster.connection(), cluster: server, isScratch: isScratch)
        return target
    }

    /// One row after the other, about fifty a second, while the body runs.
    private func writing(to cluster: ScratchCluster, _ body: () async throws -> Void) async throws {
        let session = try await PostgresSession.connect(cluster.connection())
        let writer = Task {
            while !Task.isCancelled {
                try await session.query("INSERT INTO t VALUES (1)")
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
        writer.cancel()
        _ = await writer.result
        session.close()
        try outcome.get()
    }

    private func rows(in cluster: ScratchCluster) async throws -> Int {
        let session = try await PostgresSession.connect(cluster.connection())
        defer { session.close() }
        return Int(try await session.query("SELECT count(*) FROM t")[0, 0] ?? "") ?? -1
    }

    /// Replay comes after receipt, by a moment.
    private func expectCaughtUp(_ pair: ReplicationPair) async throws {
        let wanted = try await rows(in: pair.primary)
        let end = MonotonicClock.now() + .seconds(5)
        while try await rows(in: pair.standby) < wanted, MonotonicClock.now() < end {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try await rows(in: pair.standby) == wanted)
    }

    @Test func aStandbyIsToldFromItsPrimary() async throws {
        let pair = try #require(ReplicationTrait.pair)
        let primary = try PostgresServer(running: pair.primary.dataDirectory)
        let standby = try PostgresServer(running: pair.standby.dataDirectory)
        #expect(try primary.systemIdentifier() == standby.systemIdentifier())
        #expect(throws: Never.self) { try target(pair.standby) }
        // The connection of one with the data directory of the other.
        let mixed = DatabaseAccess(connection: pair.primary.connection(), cluster: standby)
        await #expect(throws: FaultError.self) { _ = try await mixed.open("brink-test") }
        let right = DatabaseAccess(connection: pair.standby.connection(), cluster: standby)
        try await right.open("brink-test").close()
        let session = try await PostgresSession.connect(pair.primary.connection())
        defer { session.close() }
        let slots = try await session.query("SELECT slot_name FROM pg_replication_slots WHERE active")
        #expect(slots[0, 0] == "standby_1")
        let names = try await session.query("SELECT application_name FROM pg_stat_replication")
        #expect(names[0, 0] == "Standby-1")
    }

    @Test func aStandbyFallsOffAndComesBack() async throws {
        let pair = try #require(ReplicationTrait.pair)
        let course = try FaultCourse("postgres.slot_lost", [:], on: try target(pair.standby), pair.standby.connection())
        try await writing(to: pair.primary) {
            try await course.run {
                let session = try await PostgresSession.connect(pair.primary.connection())
                defer { session.close() }
                let followers = try await session.query("SELECT count(*) FROM pg_stat_replication")
                #expect(followers[0, 0] == "0")
            }
        }
        try await expectCaughtUp(pair)
        let foreign = try target(pair.standby, isScratch: false)
        #expect(throws: FaultError.self) { try FaultCourse("postgres.slot_lost", [:], on: foreign, "") }
    }

    @Test func replayPauses() async throws {
        let pair = try #require(ReplicationTrait.pair)
        let course = try FaultCourse(
            "postgres.replay_pause", [:], on: try target(pair.standby), pair.standby.connection())
        try await writing(to: pair.primary) {
            try await course.run {
                let before = try await rows(in: pair.standby)
                try await Task.sleep(for: .milliseconds(300))
                #expect(try await rows(in: pair.standby) == before)
                #expect(try await rows(in: pair.primary) > before)
                // What is paused already is not this fault's to resume.
                let second = try FaultCourse(
                    "postgres.replay_pause", [:], on: try target(pair.standby), pair.standby.connection())
                await #expect(throws: FaultError.self) { try await second.run {} }
            }
        }
        try await expectCaughtUp(pair)
    }

    @Test func aPauseThatNobodyNotices() async throws {
        let pair = try #require(ReplicationTrait.pair)
        let course = try FaultCourse(
            "postgres.replay_pause", [:], on: try target(pair.standby), pair.standby.connection())
        // Nothing is written, so nothing was seen to be late.
        await #expect(throws: FaultError.self) { try await course.run(within: .milliseconds(300)) {} }
        try await expectCaughtUp(pair)
    }

    @Test func aLagOfASecond() async throws {
        let pair = try #require(ReplicationTrait.pair)
        let file = "\(pair.standby.dataDirectory)/postgresql.auto.conf"
        let before = try SystemFile.read(file)
        // As on a standby that Brink did not start, so that undoing goes through the journal.
        let course = try FaultCourse(
            "postgres.replication_lag", ["delay": "1s"], on: try target(pair.standby, isScratch: false),
            pair.standby.connection())
        try await writing(to: pair.primary) {
            try await course.run {
                let now = try await rows(in: pair.primary)
                try await Task.sleep(for: .milliseconds(400))
                #expect(try await rows(in: pair.standby) < now)
                try await Task.sleep(for: .milliseconds(1200))
                #expect(try await rows(in: pair.standby) >= now)
            }
        }
        #expect(try SystemFile.read(file) == before)
        try await expectCaughtUp(pair)
    }

    @Test func aCutIsHealedByTheSlot() async throws {
        let pair = try #require(ReplicationTrait.pair)
        let file = "\(pair.standby.dataDirectory)/postgresql.auto.conf"
        let before = try SystemFile.read(file)
        let course = try FaultCourse(
            "postgres.replication_cut", [:], on: try target(pair.standby), pair.standby.connection())
        try await writing(to: pair.primary) {
            try await course.run {
                let session = try await PostgresSession.connect(pair.primary.connection())
                defer { session.close() }
                let links = try await session.query("SELECT count(*) FROM pg_stat_replication")
                #expect(links[0, 0] == "0")
                let stale = try await rows(in: pair.standby)
                // The segment that the standby is in goes out of use; only the slot keeps it.
                for _ in 0..<3 { try await session.execute("SELECT pg_switch_wal(); CHECKPOINT") }
                #expect(try await rows(in: pair.standby) == stale)
                #expect(try await rows(in: pair.primary) > stale)
            }
        }
        #expect(try SystemFile.read(file) == before)
        let session = try await PostgresSession.connect(pair.standby.connection())
        defer { session.close() }
        #expect(try await StandbyStatus(asking: session).isStreaming)
        try await expectCaughtUp(pair)
    }

    /// What a run measures of a standby, while its link is whole and while it is cut, and of a primary.
    @Test func theProbeSeesHowFarItIsBehind() async throws {
        let pair = try #require(ReplicationTrait.pair)
        let probes = [("standby", pair.standby), ("primary", pair.primary)].map { name, cluster in
            PostgresProbe(target: name, database: cluster.connection(), counting: .own, isStopping: { false })
        }
        for probe in probes { probe.begin() }
        func value(_ name: String, becomes wanted: Double) async throws -> Bool {
            let end = MonotonicClock.now() + .seconds(10)
            var values: [String: Double] = [:]
            while values[name] != wanted, MonotonicClock.now() < end {
                try await Task.sleep(for: .milliseconds(20))
                for probe in probes { probe.read(into: &values) }
            }
            #expect(values["primary.connections.total"] != nil && values["primary.replication.streaming"] == nil)
            return values[name] == wanted
        }
        #expect(try await value("standby.replication.streaming", becomes: 1))
        let course = try FaultCourse("postgres.replication_cut", [:], on: try target(pair.standby))
        try await course.run {
            let isCut = try await value("standby.replication.streaming", becomes: 0)
            #expect(isCut)
        }
        #expect(try await value("standby.replication.streaming", becomes: 1))
        #expect(try await value("standby.replication.lag", becomes: 0))
        // A session adds its transactions to the total when it ends. Those of Brink's observers are not counted.
        for (name, count) in [("brink-other", 900), ("service", 300)] {
            let options = PostgresSessionOptions(applicationName: name)
            let session = try await PostgresSession.connect(pair.primary.connection(), options: options)
            for _ in 0..<count { _ = try await session.query("SELECT 1") }
            session.close()
        }
        var most = 0.0
        let end = MonotonicClock.now() + .seconds(10)
        while most < 80, MonotonicClock.now() < end {
            try await Task.sleep(for: .milliseconds(50))
            var values: [String: Double] = [:]
            for probe in probes { probe.read(into: &values) }
            most = max(most, values["primary.transactions.perSecond"] ?? 0)
        }
        #expect(most >= 80 && most < 320, "300 transactions within the last 1 to 3 s, not \(most) in a second")
        for probe in probes { await probe.end() }
    }

    @Test func aPromotionTakesWrites() async throws {
        let pair = try #require(ReplicationTrait.pair)
        let cluster = try await pair.anotherStandby("second")
        defer { pair.stop(cluster) }
        let course = try FaultCourse("postgres.promote", [:], on: try target(cluster), cluster.connection())
        try await course.expect("INSERT INTO t VALUES (1)", toFailWith: "25006")
        try await course.run {}
        try await course.expect("INSERT INTO t VALUES (1)", toFailWith: nil)
        let again = try FaultCourse("postgres.promote", [:], on: try target(cluster), cluster.connection())
        await #expect(throws: FaultError.self) { try await again.run {} }
        let session = try await PostgresSession.connect(pair.primary.connection())
        defer { session.close() }
        try await session.execute("SELECT pg_drop_replication_slot('second')")
    }

    @Test(arguments: ["replay_pause", "replication_cut", "promote"])
    func aPrimaryIsNoStandby(_ name: String) async throws {
        let pair = try #require(ReplicationTrait.pair)
        let course = try FaultCourse(
            "postgres.\(name)", [:], on: try target(pair.primary), pair.primary.connection())
        await #expect(throws: FaultError.self) { try await course.run {} }
    }

    @Test(arguments: ["replay_pause", "promote"]) func whatOnlyAStandbyOfTheRunTakes(_ name: String) async throws {
        let pair = try #require(ReplicationTrait.pair)
        let foreign = try target(pair.standby, isScratch: false)
        #expect(throws: FaultError.self) {
            _ = try FaultCourse("postgres.\(name)", [:], on: foreign, pair.standby.connection())
        }
    }
}
