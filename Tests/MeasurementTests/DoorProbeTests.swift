import Events
import LinuxSystem
import PostgresFixture
import Testing

@testable import Measurement

/// What a server's door is seen to do.
@Suite(.serialized, .fixtureCluster, .enabled(if: FixtureCluster.isAvailable)) struct DoorProbeTests {
    private func outages(
        while body: (FixtureCluster) async throws -> Void
    ) async throws -> [Outage] {
        let cluster = try #require(FixtureCluster.current)
        let probe = DoorProbe(
            target: "db", connection: cluster.connectionString, server: nil, start: MonotonicClock.now())
        probe.begin()
        try await Task.sleep(for: .milliseconds(300))
        try await body(cluster)
        try await Task.sleep(for: .milliseconds(300))
        return await probe.end()
    }

    @Test func nothingIsReportedOfAServerThatIsThere() async throws {
        let seen = try await outages { _ in try await Task.sleep(for: .milliseconds(1500)) }
        #expect(seen.isEmpty)
    }

    @Test func aKilledServerRefuses() async throws {
        let seen = try await outages { cluster in
            await cluster.killPostmaster()
            try await Task.sleep(for: .milliseconds(400))
            try await cluster.start()
        }
        #expect(seen.count == 1)
        let outage = try #require(seen.first)
        #expect(outage.isOver && outage.seconds > 0.3)
        #expect(outage.shares.first { $0.door == .refusing }?.seconds ?? 0 > 0.2, "\(outage)")
        #expect(!outage.stretches.contains { $0.door == .hanging }, "\(outage)")
        // Without gaps, in order.
        for (one, next) in zip(outage.stretches, outage.stretches.dropFirst()) { #expect(one.end <= next.start) }
    }

    @Test func aStoppedServerHangs() async throws {
        let seen = try await outages { cluster in
            await cluster.setHanging(true)
            try await Task.sleep(for: .milliseconds(4500))
            await cluster.setHanging(false)
        }
        let outage = try #require(seen.first)
        #expect(outage.stretches.map(\.door) == [.hanging] && outage.isOver, "\(outage)")
        #expect(outage.seconds > 2, "\(outage)")
    }

    @Test func oneThatDoesNotEndIsSaidToBeOpen() async throws {
        let seen = try await outages { cluster in
            await cluster.stop()
            try await Task.sleep(for: .milliseconds(200))
        }
        #expect(seen.count == 1 && seen.first?.isOver == false, "\(seen)")
        try await FixtureCluster.current?.start()
    }
}
