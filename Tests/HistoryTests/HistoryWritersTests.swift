import Foundation
import Testing

@testable import History

/// Lanes of a suite, each its own process in truth, write at the same time.
@Suite struct HistoryWritersTests {
    private let state: StateFixture

    init() throws { state = try StateFixture() }

    /// Each writer has a connection of its own, from the first moment of the file on.
    @Test func severalWriteAtOnceAndNothingIsLost() async throws {
        try await withThrowingTaskGroup { group in
            for writer in 0..<8 {
                group.addTask { [state] in
                    for index in 1...10 {
                        let number = writer * 10 + index
                        try HistoryStore(path: state.file).begin(state.record(number, verdict: nil))
                        try HistoryStore(path: state.file).end(state.record(number))
                    }
                }
            }
            try await group.waitForAll()
        }
        let runs = try HistoryStore(path: state.file).runs()
        #expect(runs.count == 80 && Set(runs.map(\.run)).count == 80)
        #expect(runs.allSatisfy { $0.verdict == .pass && $0.figures.count == 2 })
    }
}
