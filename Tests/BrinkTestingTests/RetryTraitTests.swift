@testable import BrinkTesting
import Synchronization
import Testing

/// Attempts of a test: how many there are, and what of them is told.
struct RetryTraitTests {
    private static let attempts = Mutex(0)

    @Test(.retry(upTo: 3, recordAll: false)) func theThirdAttemptPasses() {
        let number = Self.attempts.withLock { number in
            number += 1
            return number
        }
        #expect(number == 3)
    }

    /// How often the body ran, and how many issues came of it.
    private func run(_ trait: RetryTrait, _ body: @escaping @Sendable (Int) throws -> Void) async throws -> (
        Int, [Issue]
    ) {
        let count = Mutex(0)
        let test = try #require(Test.current)
        let issues = try await BrinkTestingIssues.of {
            try await trait.provideScope(for: test, testCase: Test.Case.current) {
                let number = count.withLock { number in
                    number += 1
                    return number
                }
                try body(number)
            }
        }
        return (count.withLock { $0 }, issues)
    }

    @Test func afterTheLastAttemptItHasFailed() async throws {
        let (count, issues) = try await run(.retry(upTo: 2)) { number in Issue.record("attempt \(number)") }
        #expect(count == 2)
        // The first as a warning, the second as it is.
        #expect(issues.map(\.isFailure) == [false, true])
    }

    @Test func whatIsThrownCountsToo() async throws {
        let (count, issues) = try await run(.retry(upTo: 3, recordAll: false)) { number in
            if number < 2 { throw BrinkFailure("not yet") }
        }
        #expect(count == 2 && issues.isEmpty)
    }

    @Test func whatPassesIsNotTriedAgain() async throws {
        let (count, issues) = try await run(.retry(upTo: 5)) { _ in }
        #expect(count == 1 && issues.isEmpty)
    }

    @Test func aWarningIsNoFailure() async throws {
        let (count, issues) = try await run(.retry(upTo: 3)) { _ in Issue.record("slow", severity: .warning) }
        #expect(count == 1 && issues.count == 1)
    }

    @Test func whatIsRequiredIsToldOnce() async throws {
        let (count, issues) = try await run(.retry(upTo: 1)) { number in try #require(number > 1) }
        #expect(count == 1 && issues.count == 1)
    }
}
