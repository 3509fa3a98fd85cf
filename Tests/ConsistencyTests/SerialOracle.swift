import Consistency

/// Finds out by trying all orders what a small history can be. Its reads of the end must be given as lists.
struct SerialOracle {
    let transactions: [ListAppendTransaction]
    let lists: [Int: [Int]]

    /// Whether the transactions one after the other, in some order, give the same reads and the same end.
    func isSerializable(inRealTime: Bool) -> Bool {
        canFollow(done: [], lists: [:], inRealTime: inRealTime)
    }

    private func canFollow(done: Set<Int>, lists: [Int: [Int]], inRealTime: Bool) -> Bool {
        guard done.count < transactions.count else { return lists == self.lists }
        let open = transactions.indices.filter { !done.contains($0) }
        return open.contains { next in
            if inRealTime, open.contains(where: { transactions[$0].completed < transactions[next].invoked }) {
                return false
            }
            guard let after = run(next, on: lists) else { return false }
            return canFollow(done: done.union([next]), lists: after, inRealTime: inRealTime)
        }
    }

    /// Whether there is an order of starts and commits in which everybody reads the snapshot of its start, and of two
    /// that overlap and write the same key one is refused.
    func isSnapshotIsolated() -> Bool {
        canFollow(snapshots: [:], done: [], lists: [:])
    }

    private func canFollow(snapshots: [Int: [Int: [Int]]], done: Set<Int>, lists: [Int: [Int]]) -> Bool {
        guard done.count < transactions.count else { return lists == self.lists }
        return transactions.indices.contains { next in
            guard !done.contains(next) else { return false }
            guard let snapshot = snapshots[next] else {
                guard run(next, on: lists) != nil else { return false }
                return canFollow(snapshots: snapshots.merging([next: lists]) { $1 }, done: done, lists: lists)
            }
            var after = lists
            for case .append(let key, let element) in transactions[next].operations {
                guard snapshot[key] == lists[key] else { return false }
                after[key, default: []].append(element)
            }
            return canFollow(snapshots: snapshots, done: done.union([next]), lists: after)
        }
    }

    /// - Returns: the lists afterwards; nil when a read does not fit.
    private func run(_ position: Int, on lists: [Int: [Int]]) -> [Int: [Int]]? {
        var lists = lists
        for operation in transactions[position].operations {
            switch operation {
            case .append(let key, let element): lists[key, default: []].append(element)
            case .read(let key, let elements):
                guard lists[key, default: []] == elements else { return nil }
            }
        }
        return lists
    }
}
