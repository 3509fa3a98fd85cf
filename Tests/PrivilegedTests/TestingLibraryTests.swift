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

        @Test(.brink(.cpuMax("50%", on: "app"), recoveringWithin: .seconds(30)), .retry(upTo: 2))
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
}
