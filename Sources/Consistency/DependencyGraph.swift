/// Transactions and what puts one before another, edges sorted by their source.
///
/// Nodes below ``transactionCount`` are transactions, the others moments between which no time passes for a cycle: see
/// ``RealtimeOrder``.
struct DependencyGraph: Sendable {
    let nodeCount: Int
    let transactionCount: Int
    let edges: [Dependency]
    private let firstEdge: [Int]

    init(nodeCount: Int, transactionCount: Int, edges unsorted: [Dependency]) {
        self.nodeCount = nodeCount
        self.transactionCount = transactionCount
        var first = [Int](repeating: 0, count: nodeCount + 1)
        for edge in unsorted { first[Int(edge.source) + 1] += 1 }
        for node in 0..<nodeCount { first[node + 1] += first[node] }
        var next = first
        var order = [Int](repeating: 0, count: unsorted.count)
        for (index, edge) in unsorted.enumerated() {
            order[next[Int(edge.source)]] = index
            next[Int(edge.source)] += 1
        }
        self.edges = order.map { unsorted[$0] }
        self.firstEdge = first
    }

    func edgeIndices(from node: Int) -> Range<Int> { firstEdge[node]..<firstEdge[node + 1] }

    func isTransaction(_ node: Int32) -> Bool { Int(node) < transactionCount }
}
