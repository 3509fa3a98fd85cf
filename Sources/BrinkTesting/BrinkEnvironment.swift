import Testing

/// Starts a scenario's services and load once for all tests of a suite, or for one test, and ends them afterwards.
///
/// Within it `AttachedBrink.current` is the session. A session that ends with anything but a pass, such as a lost write, is
/// an issue of its own.
public struct BrinkEnvironment: SuiteTrait, TestTrait, TestScoping {
    let scenario: String
    let program: String?
    let arguments: [String]
    let patience: Duration

    // Once around the suite, not around each test in it.
    public var isRecursive: Bool { false }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let session = try await AttachedBrink.start(
            scenario, program: program, arguments: arguments, patience: patience)
        do {
            try await AttachedBrink.$current.withValue(session) { try await function() }
        } catch {
            // The test's own error stays the one that is thrown.
            do { _ = try await session.close() } catch let failure { Issue.record(failure) }
            throw error
        }
        let ending = try await session.close()
        guard ending.exitCode != 0 else { return }
        Issue.record("brink: \(ending.verdict): \(ending.reason) (see \(ending.folder)/report.html)")
    }
}

extension Trait where Self == BrinkEnvironment {
    /// - Parameters:
    ///   - scenario: a file without faults, or the id of a shipped scenario.
    ///   - program: brink's path; nil for `BRINK_PROGRAM` of the environment.
    ///   - arguments: further ones of `brink attach`.
    ///   - patience: how long the services may take to run; then Brink is ended and the tests fail.
    public static func brinkEnvironment(
        _ scenario: String, program: String? = nil, arguments: [String] = [], patience: Duration = .seconds(300)
    ) -> BrinkEnvironment {
        BrinkEnvironment(scenario: scenario, program: program, arguments: arguments, patience: patience)
    }
}
