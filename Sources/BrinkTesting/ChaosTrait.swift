import Testing

/// Injects faults while a test runs, each seen to take effect before it begins, and takes them back in any case.
public struct ChaosTrait: TestTrait, TestScoping {
    let faults: [ChaosFault]
    /// How long the steady state may take to hold again after a test that has passed; nil to leave that alone.
    let recovery: Duration?

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        guard let brink = AttachedBrink.current else {
            throw BrinkFailure("no session of Brink: give the suite .brinkEnvironment(…)")
        }
        var names: [String] = []
        let outcome: Result<Void, any Error>
        do {
            for fault in faults { names.append(try await brink.begin(fault).name) }
            try await function()
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        for name in names.reversed() { try await brink.undo(name) }
        try outcome.get()
        if let recovery { try await brink.recover(within: recovery) }
    }
}

extension Trait where Self == ChaosTrait {
    /// - Parameter recovery: how long the steady state may take to hold again after the test; nil to leave that alone.
    public static func brink(_ faults: ChaosFault..., recoveringWithin recovery: Duration? = nil) -> ChaosTrait {
        ChaosTrait(faults: faults, recovery: recovery)
    }
}
