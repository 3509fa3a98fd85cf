import Consistency
import SeededRandom
import Testing

@Suite struct GeneratedHistoryTests {
    @Test(arguments: [(0, 10_000), (20, 100_000)] as [(Int64, Int)])
    func aSerialHistoryIsClean(overlap: Int64, operations: Int) throws {
        var random = SeededGenerator(seed: 11)
        let history = SerialHistory(operations: operations, keys: operations / 100, overlap: overlap, random: &random)
        let began = ContinuousClock.now
        let report = try ListAppendCheck().check(history.transactions)
        // A figure, and no promise: machines differ.
        print("listAppend: \(operations) operations judged in \(ContinuousClock.now - began)")
        #expect(report.anomalies.isEmpty)
        #expect(report.isExhaustive)
        #expect(report.isConclusive)
        #expect(report.reads + report.appends >= operations)
        #expect(report.committed == history.transactions.count)
    }

    /// What can be done to a read that is true.
    enum Mutation: CaseIterable {
        case staleRead, swappedElements, abortedWriter, forgottenElement, inventedElement, repeatedElement
    }

    @Test(arguments: Mutation.allCases, 1...10) func aMutationIsCaught(mutation: Mutation, seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var history = SerialHistory(operations: 300, keys: 8, overlap: 0, random: &random)
        #expect(try ListAppendCheck().check(history.transactions).anomalies.isEmpty, "seed \(seed)")
        try mutate(&history, mutation, random: &random)
        let report = try ListAppendCheck().check(history.transactions)
        #expect(report.violates(.strictSerializable), "\(mutation), seed \(seed)")
        if mutation != .staleRead {
            #expect(report.violates(.readCommitted), "\(mutation), seed \(seed)")
        }
    }

    private func mutate(
        _ history: inout SerialHistory, _ mutation: Mutation, random: inout SeededGenerator
    ) throws {
        let candidates = history.transactions.indices.filter { position in
            history.transactions[position].operations.contains { operation in
                if case .read(_, let elements) = operation { elements.count > 1 } else { false }
            }
        }
        let position = try #require(candidates.randomElement(using: &random))
        var chosen: (key: Int, elements: [Int])?
        for case .read(let key, let elements) in history.transactions[position].operations where elements.count > 1 {
            chosen = (key, elements)
        }
        let (key, elements) = try #require(chosen)
        let place = Int.random(in: 0..<elements.count, using: &random)
        let element = elements[place]
        func replace(_ changed: [Int]) {
            history.change(position) { operation in
                operation == .read(key: key, elements: elements) ? .read(key: key, elements: changed) : operation
            }
        }
        switch mutation {
        case .staleRead:
            replace(Array(elements.dropLast()))
        case .swappedElements:
            replace(Array(elements.prefix(elements.count - 2) + elements.suffix(2).reversed()))
        case .inventedElement:
            replace(elements + [-1])
        case .repeatedElement:
            replace(elements + [element])
        case .abortedWriter:
            let writer = try #require(
                history.transactions.firstIndex { $0.operations.contains(.append(key: key, element: element)) })
            history.change(writer, .aborted)
        case .forgottenElement:
            for position in history.transactions.indices {
                history.change(position) { operation in
                    guard case .read(key, let elements) = operation else { return operation }
                    return .read(key: key, elements: elements.filter { $0 != element })
                }
            }
        }
    }
}
