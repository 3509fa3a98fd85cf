/// "T1 was complete before T2 was invoked" for all pairs, in at most three edges per transaction.
///
/// Each completion is a moment, the moments are a chain; a transaction leads to the moment of its completion, and the
/// last moment before its invocation leads to it.
struct RealtimeOrder: Sendable {
    let momentCount: Int
    let edges: [Dependency]

    /// - Parameter completions: nil for a transaction of unknown outcome, which may have committed at any later time.
    init(invocations: [Int64], completions: [Int64?]) {
        let transactions = invocations.count
        var moments: [(time: Int64, transaction: Int)] = []
        for (transaction, time) in completions.enumerated() {
            if let time { moments.append((time, transaction)) }
        }
        moments.sort { ($0.time, $0.transaction) < ($1.time, $1.transaction) }
        var edges: [Dependency] = []
        edges.reserveCapacity(3 * transactions)
        for (index, moment) in moments.enumerated() {
            edges.append(Dependency(moment.transaction, transactions + index, .realtime))
            if index > 0 { edges.append(Dependency(transactions + index - 1, transactions + index, .realtime)) }
        }
        for (transaction, invoked) in invocations.enumerated() {
            // The number of moments strictly before: equal instants are concurrent.
            var lower = 0
            var upper = moments.count
            while lower < upper {
                let middle = (lower + upper) / 2
                if moments[middle].time < invoked { lower = middle + 1 } else { upper = middle }
            }
            if lower > 0 { edges.append(Dependency(transactions + lower - 1, transaction, .realtime)) }
        }
        self.momentCount = moments.count
        self.edges = edges
    }
}
