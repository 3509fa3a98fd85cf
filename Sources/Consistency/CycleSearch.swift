/// Finds and names the cycles of a graph: of every kind the shortest of each knot (strongly connected component). Where
/// one anti-dependency is enough for a cycle, those that need several are not looked for: whatever level forbids them
/// forbids that one.
struct CycleSearch {
    private let graph: DependencyGraph
    private let names: [Int]
    private let whole: StrongComponents
    private(set) var anomalies: [ListAppendAnomaly] = []
    private(set) var isExhaustive = true

    /// Edges looked at for one kind, and again for shorter cycles than those that were found: some seconds at most.
    private static let budget = 5_000_000

    private struct Sought {
        let kind: ListAppendAnomaly.Kind
        /// The edge that makes the kind.
        let first: DependencyKinds
        /// How the cycle may be closed.
        let rest: DependencyKinds
        var avoidsNeighbours = false
        var severalAntiDependencies = false
    }

    /// - Parameter names: the transactions' ids, by node.
    init(_ graph: DependencyGraph, names: [Int]) {
        self.graph = graph
        self.names = names
        whole = StrongComponents(of: graph, along: .all)
        guard whole.transactionCounts.contains(where: { $0 > 1 }) else { return }
        var skewed: Set<Int32> = []
        for sought in [
            Sought(kind: .g0, first: .ww, rest: .ww),
            Sought(kind: .g1c, first: .wr, rest: [.ww, .wr]),
            Sought(kind: .gSingle, first: .rw, rest: [.ww, .wr]),
            Sought(
                kind: .gNonadjacent, first: .rw, rest: .data, avoidsNeighbours: true, severalAntiDependencies: true),
            Sought(kind: .g2Item, first: .rw, rest: .data, severalAntiDependencies: true),
        ] {
            let found = search(sought, except: sought.severalAntiDependencies ? skewed : [])
            if sought.kind == .gSingle { skewed = found }
        }
        skewed = []
        for sought in [
            Sought(kind: .g0Realtime, first: .ww, rest: [.ww, .realtime]),
            Sought(kind: .g1cRealtime, first: .wr, rest: [.ww, .wr, .realtime]),
            Sought(kind: .gSingleRealtime, first: .rw, rest: [.ww, .wr, .realtime]),
            Sought(
                kind: .gNonadjacentRealtime, first: .rw, rest: .all, avoidsNeighbours: true,
                severalAntiDependencies: true),
            Sought(kind: .g2ItemRealtime, first: .rw, rest: .all, severalAntiDependencies: true),
        ] {
            let found = search(sought, except: sought.severalAntiDependencies ? skewed : [])
            if sought.kind == .gSingleRealtime { skewed = found }
        }
    }

    /// - Parameter except: knots in which there is nothing more to learn.
    /// - Returns: the knots with such a cycle.
    private mutating func search(_ sought: Sought, except: Set<Int32>) -> Set<Int32> {
        let components = StrongComponents(of: graph, along: sought.rest)
        var paths = PathSearch(graph, budget: Self.budget)
        var shorter = PathSearch(graph, budget: Self.budget)
        var shortest: [Int32: [Int]] = [:]
        for (index, edge) in graph.edges.enumerated() where sought.first.contains(edge.kind) {
            let knot = whole.component[Int(edge.source)]
            guard whole.component[Int(edge.target)] == knot, !except.contains(knot) else { continue }
            if let best = shortest[knot] {
                // A cycle has two at least. Only ways that are shorter are followed.
                guard hops(of: best) > 2, shorter.budget >= 0 else { continue }
                let cycle = shorter.cycle(
                    closing: index, along: sought.rest, within: components,
                    avoidsNeighbours: sought.avoidsNeighbours, most: hops(of: best) - 1)
                if let cycle, fits(cycle, sought) { shortest[knot] = cycle }
                continue
            }
            let cycle = paths.cycle(
                closing: index, along: sought.rest, within: components, avoidsNeighbours: sought.avoidsNeighbours)
            guard paths.budget >= 0 else {
                isExhaustive = false
                break
            }
            guard let cycle, fits(cycle, sought) else { continue }
            shortest[knot] = cycle
        }
        for (_, cycle) in shortest.sorted(by: { $0.key < $1.key }) {
            anomalies.append(
                ListAppendAnomaly(
                    kind: sought.kind, transactions: transactions(of: cycle), explanation: explanation(of: cycle)))
        }
        return Set(shortest.keys)
    }

    private func fits(_ cycle: [Int], _ sought: Sought) -> Bool {
        let kinds = cycle.map { graph.edges[$0].kind }
        if sought.rest.contains(.realtime), !kinds.contains(.realtime) { return false }
        guard sought.severalAntiDependencies else { return true }
        guard kinds.count(where: { $0 == .rw }) > 1 else { return false }
        let hasNeighbours = zip(kinds, kinds.dropFirst() + kinds.prefix(1)).contains { $0 == .rw && $1 == .rw }
        return sought.avoidsNeighbours || hasNeighbours
    }

    private func hops(of cycle: [Int]) -> Int {
        cycle.count { graph.isTransaction(graph.edges[$0].source) }
    }

    private func transactions(of cycle: [Int]) -> [Int] {
        cycle.map { graph.edges[$0].source }.filter(graph.isTransaction).map { names[Int($0)] }
    }

    private func explanation(of cycle: [Int]) -> String {
        var sentences: [String] = []
        // A way through moments is one step of real time from the transaction before to the one after.
        var earlier: Int32 = 0
        for index in cycle {
            let edge = graph.edges[index]
            if graph.isTransaction(edge.source) { earlier = edge.source }
            guard graph.isTransaction(edge.target) else { continue }
            sentences.append(sentence(edge, from: names[Int(earlier)], to: names[Int(edge.target)]))
        }
        return sentences.joined(separator: "; ")
    }

    private func sentence(_ edge: Dependency, from source: Int, to target: Int) -> String {
        switch edge.kind {
        case .ww:
            "T\(source) appended \(edge.sourceElement) to key \(edge.key), after which T\(target) appended "
                + "\(edge.targetElement)"
        case .wr:
            "T\(source) appended \(edge.sourceElement) to key \(edge.key), which T\(target) read"
        case .rw:
            "T\(source) read key \(edge.key) without \(edge.targetElement), which T\(target) appended"
        default:
            "T\(source) was complete before T\(target) was invoked"
        }
    }
}
