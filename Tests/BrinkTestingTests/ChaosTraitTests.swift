@testable import BrinkTesting
import Synchronization
import Testing

/// Faults around a test and around each of its attempts: when they are injected and taken back, and what is told.
struct ChaosTraitTests {
    /// One trait of a test that is tried again.
    enum Part: Sendable {
        case chaos, retry
    }

    static let tried = ChaosStandIn()

    /// The order that the README shows, as the testing library itself applies it.
    @Test(
        ChaosTrait(faults: [.freeze("app")], recovery: nil, session: ChaosTraitTests.tried),
        .retry(upTo: 3, recordAll: false))
    func theLibraryInjectsAnewForEachAttempt() {
        // Passes at the third attempt, and only if that has faults of its own.
        #expect(Self.tried.log.filter { $0 == "begin app" }.count == 3)
    }

    /// Applies traits as the testing library does, the first outermost, to a test that has them.
    private static func apply(
        _ traits: ArraySlice<any TestTrait & TestScoping>, of test: Test, _ body: @Sendable () async throws -> Void
    ) async throws {
        guard let first = traits.first else { return try await body() }
        try await first.provideScope(for: test, testCase: Test.Case.current) {
            try await Self.apply(traits.dropFirst(), of: test, body)
        }
    }

    /// - Parameter body: is given the number of the attempt, from 1.
    /// - Returns: what a test with these traits records.
    private func run(
        _ traits: [any TestTrait & TestScoping], _ body: @escaping @Sendable (Int) throws -> Void
    ) async throws -> [Issue] {
        var changed = try #require(Test.current)
        changed.traits = traits.map { $0 as any Trait }
        let test = changed
        let count = Mutex(0)
        return try await BrinkTestingIssues.of {
            do {
                try await Self.apply(traits[...], of: test) {
                    let number = count.withLock { number in
                        number += 1
                        return number
                    }
                    try body(number)
                }
            } catch {
                Issue.record(error)
            }
        }
    }

    @Test(arguments: [[Part.chaos, .retry], [.retry, .chaos]])
    func eachAttemptHasFaultsOfItsOwn(_ order: [Part]) async throws {
        let session = ChaosStandIn()
        let traits = order.map { part -> any TestTrait & TestScoping in
            switch part {
            case .chaos: ChaosTrait(faults: [.freeze("app"), .freeze("db")], recovery: .seconds(1), session: session)
            case .retry: RetryTrait(most: 3, recordsAll: false)
            }
        }
        let issues = try await run(traits) { number in
            if number < 2 { throw BrinkFailure("not yet") }
        }
        #expect(issues.isEmpty)
        let faults = ["begin app", "begin db", "undo db", "undo app"]
        #expect(session.log == faults + faults + ["recover"])
    }

    @Test func traitsKeepTheirOrderInAnAttempt() async throws {
        let session = ChaosStandIn()
        let outer = ChaosTrait(faults: [.freeze("app")], recovery: nil, session: session)
        let inner = ChaosTrait(faults: [.freeze("db")], recovery: nil, session: session)
        let issues = try await run([outer, inner, RetryTrait(most: 2, recordsAll: true)]) { _ in }
        #expect(issues.isEmpty && session.log == ["begin app", "begin db", "undo db", "undo app"])
    }

    @Test func ofSeveralRetriesTheInnermostInjects() async throws {
        let session = ChaosStandIn()
        let chaos = ChaosTrait(faults: [.freeze("app")], recovery: nil, session: session)
        let twice = RetryTrait(most: 2, recordsAll: false)
        let issues = try await run([chaos, twice, twice]) { number in
            if number < 4 { throw BrinkFailure("not yet") }
        }
        #expect(issues.isEmpty && session.log.filter { $0 == "begin app" }.count == 4)
    }

    @Test func aFaultThatIsNotSeenIsTheAttemptsFailure() async throws {
        let session = ChaosStandIn(unseen: 1)
        let chaos = ChaosTrait(faults: [.freeze("app")], recovery: nil, session: session)
        let issues = try await run([chaos, RetryTrait(most: 2, recordsAll: true)]) { _ in }
        // One warning, of the first attempt.
        #expect(issues.map(\.isFailure) == [false])
        #expect(issues.first.map { "\($0)" }?.contains("app was not seen") == true)
        #expect(session.log == ["begin app", "begin app", "undo app"])
    }

    @Test func allAreTakenBackAndTheTestsOwnErrorIsThrown() async throws {
        let session = ChaosStandIn(stuck: ["b", "c"])
        let chaos = ChaosTrait(
            faults: [.freeze("a"), .freeze("b"), .freeze("c")], recovery: .seconds(1), session: session)
        let issues = try await run([chaos]) { _ in throw BrinkFailure("the test's own") }
        #expect(session.log.suffix(3) == ["undo c", "undo b", "undo a"])
        // What is thrown is recorded last.
        let texts = issues.map { $0.error.map { "\($0)" } ?? "" }
        #expect(texts == ["c was not taken back: stuck", "b was not taken back: stuck", "the test's own"])
    }

    @Test func afterATestThatPassedAFaultThatIsLeftIsThrown() async throws {
        let session = ChaosStandIn(stuck: ["a", "c"])
        let chaos = ChaosTrait(
            faults: [.freeze("a"), .freeze("b"), .freeze("c")], recovery: .seconds(1), session: session)
        let issues = try await run([chaos]) { _ in }
        #expect(session.log.suffix(3) == ["undo c", "undo b", "undo a"])
        let texts = issues.map { $0.error.map { "\($0)" } ?? "" }
        #expect(texts == ["a was not taken back: stuck", "c was not taken back: stuck"])
    }

    /// Another attempt would meet the fault that is left, and a pass of it would hide that.
    @Test func aFaultThatIsLeftEndsTheAttempts() async throws {
        let session = ChaosStandIn(stuck: ["app"])
        let chaos = ChaosTrait(faults: [.freeze("app")], recovery: nil, session: session)
        let issues = try await run([chaos, RetryTrait(most: 3, recordsAll: false)]) { number in
            if number < 2 { throw BrinkFailure("not yet") }
        }
        #expect(session.log == ["begin app", "undo app"])
        // The fault's as a failure; then the attempt's as a warning, as it would be lost otherwise.
        #expect(issues.map(\.isFailure) == [true, false])
        #expect(issues.last.map { "\($0)" }?.contains("not yet") == true)
    }

    @Test func withoutASessionAFaultSaysSo() async throws {
        let test = try #require(Test.current)
        let error = await #expect(throws: BrinkFailure.self) {
            try await ChaosTrait(faults: [.freeze("app")], recovery: nil).provideScope(for: test, testCase: nil) {}
        }
        #expect(error?.description.contains("brinkEnvironment") == true)
    }
}
