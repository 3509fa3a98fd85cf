import Events

/// The runs at one commit, in the order in which they began.
struct CommitRuns {
    /// Nil where no commit was known.
    let commit: String?
    let branch: String?
    let runs: [RunRecord]

    /// Seven digits, as git itself shortens it.
    var name: String { commit.map { String($0.prefix(7)) } ?? "no commit" }

    func count(_ verdict: Verdict?) -> Int { runs.count { $0.verdict == verdict } }

    /// The middle of a figure over the runs that have it; nil when none has.
    func median(_ figure: String) -> Double? {
        let values = runs.compactMap { $0.figures[figure] }.filter(\.isFinite).sorted()
        if values.isEmpty { return nil }
        let middle = values.count / 2
        return values.count.isMultiple(of: 2) ? (values[middle - 1] + values[middle]) / 2 : values[middle]
    }

    /// Commits in the order in which they were first run.
    static func all(_ runs: [RunRecord]) -> [CommitRuns] {
        var order: [String?] = []
        var groups: [String?: [RunRecord]] = [:]
        for run in runs.sorted(by: { ($0.startedAt, $0.run) < ($1.startedAt, $1.run) }) {
            if groups[run.commit] == nil { order.append(run.commit) }
            groups[run.commit, default: []].append(run)
        }
        return order.map { commit in
            let runs = groups[commit] ?? []
            return CommitRuns(commit: commit, branch: runs.last?.branch, runs: runs)
        }
    }
}
