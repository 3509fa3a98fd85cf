import Consistency
import SeededRandom
import Testing

/// The check against an oracle that tries all orders, on small histories that a weak server might give. As everything is
/// read at the end, the check must not only be right but miss nothing.
@Suite struct OracleTests {
    @Test(arguments: 1...8) func theCheckAgreesWithTheOracle(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var clean = 0
        for round in 0..<150 {
            // Other tests want their turn, too.
            await Task.yield()
            let (transactions, lists) = makeHistory(count: Int.random(in: 2...4, using: &random), random: &random)
            let last = ListAppendTransaction(
                id: 99, invoked: 1000, completed: 1001, outcome: .committed,
                operations: (0..<3).map { .read(key: $0, elements: lists[$0] ?? []) })
            let report = try ListAppendCheck().check(transactions + [last])
            let oracle = SerialOracle(transactions: transactions, lists: lists)
            let place = "seed \(seed), round \(round): \(transactions) \(report.anomalies)"
            #expect(report.violates(.repeatableRead) == !oracle.isSnapshotIsolated(), "\(place)")
            #expect(report.violates(.serializable) == !oracle.isSerializable(inRealTime: false), "\(place)")
            #expect(report.violates(.strictSerializable) == !oracle.isSerializable(inRealTime: true), "\(place)")
            if report.anomalies.isEmpty { clean += 1 }
        }
        // Both kinds must come up, or nothing was compared.
        #expect(clean > 0)
        #expect(clean < 150)
    }

    /// Appends in some order of all transactions' own orders, reads of any prefix, times at random.
    private func makeHistory(
        count: Int, random: inout SeededGenerator
    ) -> ([ListAppendTransaction], [Int: [Int]]) {
        var plans: [[(key: Int, element: Int?)]] = []
        var element = 0
        for _ in 0..<count {
            let steps = Int.random(in: 1...3, using: &random)
            plans.append(
                (0..<steps).map { _ in
                    element += 1
                    return (
                        Int.random(in: 0..<3, using: &random), Int.random(in: 0..<5, using: &random) < 2 ? element : nil
                    )
                })
        }
        var lists: [Int: [Int]] = [:]
        for position in plans.indices.shuffled(using: &random) {
            for case (let key, let element?) in plans[position] {
                // Mostly at the end; elsewhere only after its own.
                let own = plans[position].compactMap { $0.key == key ? $0.element : nil }
                let lowest = (lists[key, default: []].lastIndex { own.contains($0) } ?? -1) + 1
                let end = lists[key, default: []].count
                let place =
                    Int.random(in: 0..<4, using: &random) > 0 ? end : Int.random(in: lowest...end, using: &random)
                lists[key, default: []].insert(element, at: place)
            }
        }
        let transactions = plans.enumerated().map { number, plan in
            var latest: [Int: Int] = [:]
            let operations = plan.map { key, element -> ListAppendTransaction.Operation in
                if let element {
                    latest[key] = element
                    return .append(key: key, element: element)
                }
                let list = lists[key] ?? []
                let own = latest[key].flatMap { list.firstIndex(of: $0) }
                let length = own.map { $0 + 1 } ?? Int.random(in: 0...list.count, using: &random)
                return .read(key: key, elements: Array(list.prefix(length)))
            }
            let invoked = Int64.random(in: 0...40, using: &random)
            return ListAppendTransaction(
                id: number, invoked: invoked, completed: invoked + Int64.random(in: 0...40, using: &random),
                outcome: .committed, operations: operations)
        }
        return (transactions, lists)
    }
}
