/// Judges a history of transactions that append to lists and read them, after Adya ("Weak Consistency", 1999) and Elle
/// (Kingsbury & Alvaro, VLDB 2020).
///
/// Every anomaly that it reports happened. It can miss some: what nobody read leaves no trace, so a run ends with a read
/// of all keys.
public struct ListAppendCheck: Sendable {
    /// How many anomalies of a kind the report spells out.
    public let examples: Int

    public init(examples: Int = 20) {
        self.examples = examples
    }

    /// - Throws: when the history is not one: an id or an append twice, or time that runs backwards.
    public func check(_ history: [ListAppendTransaction]) throws(ListAppendHistoryError) -> ListAppendReport {
        let index = try ListAppendIndex(history)
        var nodes = [Int](repeating: -1, count: history.count)
        var counted: [ListAppendTransaction] = []
        for (position, transaction) in history.enumerated() where index.counts[position] {
            nodes[position] = counted.count
            counted.append(transaction)
        }
        let reads = ListAppendReads(index, nodes: nodes)
        let realtime = RealtimeOrder(
            invocations: counted.map(\.invoked),
            completions: counted.map { $0.outcome == .committed ? $0.completed : nil })
        let graph = DependencyGraph(
            nodeCount: counted.count + realtime.momentCount, transactionCount: counted.count,
            edges: reads.edges + realtime.edges)
        let cycles = CycleSearch(graph, names: counted.map(\.id))

        var counts: [ListAppendAnomaly.Kind: Int] = [:]
        var listed: [ListAppendAnomaly] = []
        for anomaly in reads.anomalies + cycles.anomalies {
            let count = counts[anomaly.kind, default: 0] + 1
            counts[anomaly.kind] = count
            if count <= examples { listed.append(anomaly) }
        }
        return ListAppendReport(
            anomalies: listed, counts: counts, committed: counted.count,
            aborted: history.count { $0.outcome == .aborted },
            unknown: history.indices.count { history[$0].outcome == .unknown && !index.counts[$0] },
            reads: reads.readCount, appends: counted.reduce(0) { $0 + $1.operations.count - readCount($1) },
            isExhaustive: cycles.isExhaustive)
    }

    private func readCount(_ transaction: ListAppendTransaction) -> Int {
        transaction.operations.count { operation in
            if case .read = operation { true } else { false }
        }
    }
}
