import Testing

/// Runs a suite's tests with one PostgreSQL cluster, in ``FixtureCluster/current``, deleted after the last of them.
public struct FixtureClusterTrait: SuiteTrait, TestScoping {
    private let settings: [String: String]

    fileprivate init(settings: [String: String]) {
        self.settings = settings
    }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let cluster = try await FixtureCluster(settings: settings)
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
    public static var fixtureCluster: FixtureClusterTrait { FixtureClusterTrait(settings: [:]) }

    /// - Parameter settings: further lines of `postgresql.conf`.
    public static func fixtureCluster(settings: [String: String]) -> FixtureClusterTrait {
        FixtureClusterTrait(settings: settings)
    }
}
