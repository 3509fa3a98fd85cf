import BrinkTesting
import Foundation
import LinuxSystem
import Testing

extension PrivilegedSuite {
    private static let scenario =
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "PytestBrinkTests/attached/scenario.yaml").path

    /// What a user of BrinkTesting writes.
    @Suite(
        .serialized,
        .brinkEnvironment(
            scenario, program: "\(BrinkCommand.folder)/brink",
            arguments: ["--state-dir", "/var/tmp/brink-library/state", "--out", "/var/tmp/brink-library/out"]))
    struct TestingLibraryTests {
        @Test func aFaultInAScope() async throws {
            let brink = try #require(AttachedBrink.current)
            #expect(brink.services["app"]?.url?.hasPrefix("http://") == true)
            let evidence = try await brink.inject(.postgresKill("postmaster", on: "db", restartAfter: "500ms")) { $0 }
            #expect(evidence.contains("postmaster"), "\(evidence)")
            #expect(try await brink.recover(within: .seconds(60)) < .seconds(60))
            let writes = try await brink.writes()
            #expect(writes.acknowledged > 0 && writes.acknowledged <= writes.sent)
        }

        // A share that eight requests a second use up on any machine.
        @Test(.brink(.cpuMax("5%", on: "app"), recoveringWithin: .seconds(30)), .retry(upTo: 2))
        func aFaultAroundATest() async throws {
            let brink = try #require(AttachedBrink.current)
            let metrics = try await brink.metrics(["throughput", "nothing.like.this"])
            #expect(metrics["throughput"] ?? 0 > 0)
            #expect(metrics.count == 1)
        }

        @Test func aMistakeIsNamed() async throws {
            let brink = try #require(AttachedBrink.current)
            let error = await #expect(throws: BrinkFailure.self) {
                try await brink.inject(ChaosFault("memory.hihg", on: "app")) { _ in }
            }
            #expect(error?.description.contains("memory.hihg") == true, "\(error?.description ?? "")")
        }
    }

    /// A session of a test's own, from its start to the account of its writes.
    @Suite(.serialized) struct TestingLedgerTests {
        @Test func whatBecameOfTheWritesIsTold() async throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let brink = try await AttachedBrink.start(
                PrivilegedSuite.scenario, program: "\(BrinkCommand.folder)/brink",
                arguments: ["--state-dir", "\(place)/state", "--out", "\(place)/out"])
            _ = try await brink.inject(.postgresKill("postmaster", on: "db", restartAfter: "500ms")) { $0 }
            _ = try await brink.recover(within: .seconds(60))
            let ending = try await brink.close()
            #expect(ending.exitCode == 0, "\(ending)")
            let ledger = try #require(ending.ledger)
            #expect(ledger.acknowledged > 0 && ledger.acknowledged <= ledger.sent, "\(ledger)")
            #expect(ledger.lost == 0 && ledger.phantom == 0, "\(ledger)")
        }
    }
}
