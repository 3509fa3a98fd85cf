import Synchronization
import Testing

/// Tries a test again when it fails, without hiding that it did.
public struct RetryTrait: TestTrait, TestScoping {
    let most: Int
    let recordsAll: Bool

    public func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        for attempt in 1...most {
            let isLast = attempt == most
            let failures = Mutex<[String]>([])
            // Of all attempts but the last, failures are kept aside; those that are only warnings are left as they are.
            let handler = IssueHandlingTrait.compactMapIssues { issue in
                guard issue.isFailure else { return issue }
                failures.withLock { $0.append("\(issue)") }
                return isLast ? issue : nil
            }
            try await handler.provideScope(for: test, testCase: testCase) {
                do {
                    try await function()
                } catch {
                    // As it would be recorded by the library itself.
                    Issue.record(error)
                }
            }
            let found = failures.withLock { $0 }
            if found.isEmpty { return }
            guard recordsAll, !isLast else { continue }
            Issue.record("attempt \(attempt) of \(most) failed: \(found.joined(separator: "; "))", severity: .warning)
        }
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
