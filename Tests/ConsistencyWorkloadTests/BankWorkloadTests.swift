import Consistency
import ConsistencyWorkload
import PostgresFixture
import Testing

@Suite(.enabled(if: FixtureCluster.isAvailable), .fixtureCluster, .serialized)
struct BankWorkloadTests {
    private func run(
        _ level: IsolationLevel, seed: UInt64, transfer: BankWorkload.Transfer, readsAtOnce: Bool
    ) async throws -> BankRun {
        let cluster = try #require(FixtureCluster.current)
        let run = try await BankWorkload(
            cluster.connectionString, options: WorkloadOptions(level: level, seed: seed, transactions: 300),
            accounts: 3, transfer: transfer, readsAtOnce: readsAtOnce
        ).run()
        #expect(run.tally.lastReadFailure == nil)
        #expect(run.tally.cleanUpFailure == nil)
        #expect(run.report.isConclusive)
        return run
    }

    @Test(arguments: [IsolationLevel.repeatableRead, .serializable])
    func theTotalHolds(level: IsolationLevel) async throws {
        let run = try await run(level, seed: 5, transfer: .readThenWrite, readsAtOnce: false)
        #expect(run.report.findings.isEmpty)
        #expect(run.tally.committed > 20)
    }

    @Test func relativeTransfersHoldUnderReadCommitted() async throws {
        let run = try await run(.readCommitted, seed: 5, transfer: .relative, readsAtOnce: true)
        #expect(run.report.findings.isEmpty)
        #expect(run.check.holdsFrom == .readCommitted)
    }

    @Test func readCommittedThatCallsItselfSerializableIsCaught() async throws {
        for seed in 1...10 as ClosedRange<UInt64> {
            let run = try await run(.readCommitted, seed: seed, transfer: .readThenWrite, readsAtOnce: false)
            guard run.report.violates(.serializable) else { continue }
            print("seed \(seed): \(run.report.findings.first?.description ?? "")")
            #expect(!run.report.violates(.readCommitted))
            return
        }
        Issue.record("no wrong total with any seed")
    }
}
