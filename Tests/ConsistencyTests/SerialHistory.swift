import Consistency
import SeededRandom

/// A history of transactions that ran one after the other.
struct SerialHistory {
    var transactions: [ListAppendTransaction] = []

    /// - Parameter overlap: how far, in turns, a transaction's time reaches around its place in the order.
    init(operations: Int, keys: Int, overlap: Int64, random: inout SeededGenerator) {
        var lists: [Int: [Int]] = [:]
        var done = 0
        while done < operations {
            var steps: [ListAppendTransaction.Operation] = []
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let key = Int.random(in: 0..<keys, using: &random)
                if Bool.random(using: &random) {
                    steps.append(.append(key: key, element: done))
                    lists[key, default: []].append(done)
                } else {
                    steps.append(.read(key: key, elements: lists[key] ?? []))
                }
                done += 1
            }
            let turn = Int64(transactions.count) * 10
            transactions.append(
                ListAppendTransaction(
                    id: transactions.count,
                    invoked: turn - Int64.random(in: 0...overlap, using: &random) * 10,
                    completed: turn + 5 + Int64.random(in: 0...overlap, using: &random) * 10,
                    outcome: .committed, operations: steps))
        }
        let end = Int64(transactions.count) * 10 + overlap * 10 + 10
        transactions.append(
            ListAppendTransaction(
                id: transactions.count, invoked: end, completed: end + 1, outcome: .committed,
                operations: (0..<keys).map { .read(key: $0, elements: lists[$0] ?? []) }))
    }

    /// Rewrites the operations of one transaction.
    mutating func change(
        _ position: Int, _ outcome: TransactionOutcome? = nil,
        _ rewrite: (ListAppendTransaction.Operation) -> ListAppendTransaction.Operation = { $0 }
    ) {
        let old = transactions[position]
        transactions[position] = ListAppendTransaction(
            id: old.id, invoked: old.invoked, completed: old.completed, outcome: outcome ?? old.outcome,
            operations: old.operations.map(rewrite))
    }
}
