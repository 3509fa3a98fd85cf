import Synchronization
import Testing

/// Tries a test again when it fails, without hiding that it did.
///
/// Faults of `.brink(…)` are injected and taken back for each attempt, whether that stands before or after this, and
/// what goes wrong with them is the attempt's. A fault that could not be taken back ends the test: it fails, as further
/// attempts would meet that fault too.
public struct RetryTrait: TestTrait, TestScoping {
    let most: Int
    let recordsAll: Bool

    /// What was recorded in one attempt.
    private struct Findings: Sendable {
        var failures: [String] = []
        var leavesFault = false
    }

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let (inside, traits) = Attempts.current.beginningRetry(of: test)
        for attempt in 1...most {
            let isLast = attempt == most
            let findings = Mutex(Findings())
            // Of all attempts but the last, failures are kept aside; those that are only warnings are left as they are.
            let handler = IssueHandlingTrait.compactMapIssues { issue in
                guard issue.isFailure else { return issue }
                let leavesFault = (issue.error as? BrinkFailure)?.leavesFault == true
                findings.withLock { findings in
                    findings.failures.append("\(issue)")
                    if leavesFault { findings.leavesFault = true }
                }
                return isLast || leavesFault ? issue : nil
            }
            try await handler.provideScope(for: test, testCase: testCase) {
                do {
                    try await Attempts.$current.withValue(inside) {
                        try await Self.inject(traits[...], around: function)
                    }
                } catch is ExpectationFailedError {
                    // `#require` has recorded its own issue.
                } catch {
                    // As it would be recorded by the library itself.
                    Issue.record(error)
                }
            }
            let found = findings.withLock { $0 }
            if found.failures.isEmpty { return }
            if !isLast, recordsAll || found.leavesFault {
                Issue.record(
                    "attempt \(attempt) of \(most) failed: \(found.failures.joined(separator: "; "))",
                    severity: .warning)
            }
            if found.leavesFault { return }
        }
    }

    /// The first one's faults are the outermost.
    private static func inject(
        _ traits: ArraySlice<ChaosTrait>, around function: @Sendable () async throws -> Void
    ) async throws {
        guard let first = traits.first else { return try await function() }
        try await first.inject { try await Self.inject(traits.dropFirst(), around: function) }
    }
}

extension Trait where Self == RetryTrait {
    /// - Parameters:
    ///   - most: attempts in all, at least 1.
    ///   - recordAll: whether each attempt that failed is recorded as a warning.
    public static func retry(upTo most: Int, recordAll: Bool = true) -> RetryTrait {
        RetryTrait(most: max(1, most), recordsAll: recordAll)
    }
}
