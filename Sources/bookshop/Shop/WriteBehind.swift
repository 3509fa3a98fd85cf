/// The weakness `ack-before-commit`: the transactions of acknowledged orders, open until later orders push them out.
///
/// The backlog is counted in orders, not only in time, so that a slow machine has as many at risk as a fast one.
actor WriteBehind {
    /// How many orders may be acknowledged and not committed.
    static let backlog = 4
    /// How long the last orders stay open when no others come.
    static let longest = Duration.seconds(2)

    private var open: [(number: Int, lease: PoolLease)] = []
    private var taken = 0
    private let commit: @Sendable (PoolLease) async -> Void

    /// - Parameter commit: ends a transaction and gives its connection back.
    init(commit: @escaping @Sendable (PoolLease) async -> Void) {
        self.commit = commit
    }

    func add(_ lease: PoolLease) {
        taken += 1
        let number = taken
        open.append((number, lease))
        if open.count > Self.backlog { close(open[0].number) }
        Task {
            // Never shortened: whoever cancels the request has no hold on the write behind it.
            try await Task.sleep(for: Self.longest)
            close(number)
        }
    }

    private func close(_ number: Int) {
        guard let index = open.firstIndex(where: { $0.number == number }) else { return }
        let lease = open.remove(at: index).lease
        Task { await commit(lease) }
    }
}
