import Synchronization
import Testing

/// What a body records, kept from the test that runs it.
enum BrinkTestingIssues {
    static func of(_ body: @Sendable () async throws -> Void) async throws -> [Issue] {
        let issues = Mutex<[Issue]>([])
        let test = try #require(Test.current)
        let collector = IssueHandlingTrait.compactMapIssues { issue in
            issues.withLock { $0.append(issue) }
            return nil
        }
        try await collector.provideScope(for: test, testCase: Test.Case.current) { try await body() }
        return issues.withLock { $0 }
    }
}
