/// Finds the shortest way back along an edge, which closes a cycle. Steps between moments of time cost nothing.
struct PathSearch {
    private let graph: DependencyGraph
    /// Two states per node: reached by an anti-dependency, or not; the second is used only where that matters.
    private var distance: [Int32]
    private var reachedBy: [Int]
    private var previous: [Int32]
    private var stamp: [Int32]
    private var round: Int32 = 0
    /// Edges that may still be looked at.
    private(set) var budget: Int

    init(_ graph: DependencyGraph, budget: Int) {
        self.graph = graph
        self.budget = budget
        distance = [Int32](repeating: 0, count: 2 * graph.nodeCount)
        reachedBy = [Int](repeating: -1, count: 2 * graph.nodeCount)
        previous = [Int32](repeating: -1, count: 2 * graph.nodeCount)
        stamp = [Int32](repeating: 0, count: 2 * graph.nodeCount)
    }

    /// - Parameters:
    ///   - components: of the graph along the same kinds.
    ///   - avoidsNeighbours: no two anti-dependencies may follow each other, that of the edge included.
    ///   - most: transactions that the cycle may have.
    /// - Returns: the edges of the cycle, the given one first; nil when there is none or the budget is used up.
    mutating func cycle(
        closing edge: Int, along kinds: DependencyKinds, within components: StrongComponents,
        avoidsNeighbours: Bool = false, most: Int = .max
    ) -> [Int]? {
        let goalNode = graph.edges[edge].source
        let startNode = graph.edges[edge].target
        let floor = components.component[Int(goalNode)]
        // Numbers fall along edges: from a lower one there is no way to the goal.
        guard components.component[Int(startNode)] >= floor else { return nil }
        round += 1
        let goal = 2 * goalNode
        let start = 2 * startNode + (avoidsNeighbours ? 1 : 0)
        distance[Int(start)] = 0
        reachedBy[Int(start)] = -1
        stamp[Int(start)] = round
        var level: Int32 = 0
        var current = [start]
        var next: [Int32] = []
        // The transaction at the goal is one of them.
        while Int(level) < most {
            while let state = current.popLast() {
                guard distance[Int(state)] == level else { continue }
                if state == goal { return way(to: goal, after: edge) }
                let node = state / 2
                for index in graph.edgeIndices(from: Int(node)) {
                    budget -= 1
                    let candidate = graph.edges[index]
                    guard kinds.contains(candidate.kind), components.component[Int(candidate.target)] >= floor else {
                        continue
                    }
                    let isAnti = avoidsNeighbours && candidate.kind == .rw
                    guard !isAnti || state % 2 == 0 else { continue }
                    let cost: Int32 = graph.isTransaction(node) ? 1 : 0
                    let target = 2 * candidate.target + (isAnti ? 1 : 0)
                    guard stamp[Int(target)] != round || distance[Int(target)] > level + cost else { continue }
                    stamp[Int(target)] = round
                    distance[Int(target)] = level + cost
                    reachedBy[Int(target)] = index
                    previous[Int(target)] = state
                    if cost == 0 { current.append(target) } else { next.append(target) }
                }
                if budget < 0 { return nil }
            }
            guard !next.isEmpty else { return nil }
            level += 1
            swap(&current, &next)
        }
        return nil
    }

    private func way(to goal: Int32, after edge: Int) -> [Int] {
        var edges: [Int] = []
        var state = goal
        while reachedBy[Int(state)] >= 0 {
            edges.append(reachedBy[Int(state)])
            state = previous[Int(state)]
        }
        return [edge] + edges.reversed()
    }
}
