import Testing

/// Injects faults while a test runs, each seen to take effect before it begins, and takes them back in any case.
///
/// A test that is tried again has them injected anew for each attempt, whether this stands before or after `.retry(…)`.
public struct ChaosTrait: TestTrait, TestScoping {
    let faults: [ChaosFault]
    /// How long the steady state may take to hold again after a test that has passed; nil to leave that alone.
    let recovery: Duration?
    /// What injects them; nil for the session of the suite or test that is running.
    var session: (any FaultSession)?

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let attempts = Attempts.current
        if attempts.hasRetryAhead(of: test) {
            try await Attempts.$current.withValue(attempts.adding(self)) { try await function() }
        } else {
            try await inject(around: function)
        }
    }

    /// - Throws: what the function throws; when it throws nothing, `BrinkFailure` for a fault that is not seen or not
    ///   taken back, and for a steady state that does not hold again.
    func inject(around function: @Sendable () async throws -> Void) async throws {
        let current: (any FaultSession)? = AttachedBrink.current
        guard let session = session ?? current else {
            throw BrinkFailure("no session of Brink: give the suite .brinkEnvironment(…)")
        }
        var names: [String] = []
        let outcome: Result<Void, any Error>
        do {
            for fault in faults { names.append(try await session.begin(fault).name) }
            try await function()
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        try await session.undoAll(names, after: outcome)
        if let recovery { try await session.recover(within: recovery) }
    }
}

extension Trait where Self == ChaosTrait {
    /// - Parameter recovery: how long the steady state may take to hold again after the test; nil to leave that alone.
    public static func brink(_ faults: ChaosFault..., recoveringWithin recovery: Duration? = nil) -> ChaosTrait {
        ChaosTrait(faults: faults, recovery: recovery)
    }
}
