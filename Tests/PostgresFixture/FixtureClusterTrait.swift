import Testing

/// Runs a suite's tests with one PostgreSQL cluster, in ``FixtureCluster/current``, deleted after the last of them.
public struct FixtureClusterTrait: SuiteTrait, TestScoping {
    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let cluster = try await FixtureCluster()
        let outcome: Result<Void, any Error>
        do {
            try await cluster.start()
            try await FixtureCluster.$current.withValue(cluster) { try await function() }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        try await cluster.delete()
        try outcome.get()
    }
}

extension Trait where Self == FixtureClusterTrait {
    public static var fixtureCluster: FixtureClusterTrait { FixtureClusterTrait() }
}
