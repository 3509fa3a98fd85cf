/// The strongly connected components of a graph along some kinds of edges (Tarjan 1972, without recursion).
struct StrongComponents: Sendable {
    /// The component of each node. An edge that leaves a component leads to one with a lower number.
    let component: [Int32]
    /// Transactions in each component.
    let transactionCounts: [Int32]

    init(of graph: DependencyGraph, along kinds: DependencyKinds) {
        let unseen: Int32 = -1
        var component = [Int32](repeating: unseen, count: graph.nodeCount)
        var counts: [Int32] = []
        var number = [Int32](repeating: unseen, count: graph.nodeCount)
        var low = [Int32](repeating: 0, count: graph.nodeCount)
        var open: [Int32] = []
        var path: [(node: Int32, edge: Int)] = []
        var next: Int32 = 0

        for root in 0..<graph.nodeCount where number[root] == unseen {
            path.append((Int32(root), graph.edgeIndices(from: root).lowerBound))
            while let (node, position) = path.last {
                let current = Int(node)
                if number[current] == unseen {
                    number[current] = next
                    low[current] = next
                    next += 1
                    open.append(node)
                }
                let end = graph.edgeIndices(from: current).upperBound
                var index = position
                var descends = false
                while index < end {
                    let edge = graph.edges[index]
                    index += 1
                    guard kinds.contains(edge.kind) else { continue }
                    let target = Int(edge.target)
                    if number[target] == unseen {
                        path[path.count - 1].edge = index
                        path.append((edge.target, graph.edgeIndices(from: target).lowerBound))
                        descends = true
                        break
                    }
                    if component[target] == unseen { low[current] = min(low[current], number[target]) }
                }
                if descends { continue }

                path.removeLast()
                if let parent = path.last {
                    low[Int(parent.node)] = min(low[Int(parent.node)], low[current])
                }
                guard low[current] == number[current] else { continue }
                var transactions: Int32 = 0
                while let member = open.popLast() {
                    component[Int(member)] = Int32(counts.count)
                    if graph.isTransaction(member) { transactions += 1 }
                    if member == node { break }
                }
                counts.append(transactions)
            }
        }
        self.component = component
        self.transactionCounts = counts
    }
}
