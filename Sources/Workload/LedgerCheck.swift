import Events

/// Compares the ledger with what the table holds: acked ⊆ stored ⊆ sent, failed ∩ stored = ∅. Pure.
public struct LedgerCheck: Sendable {
    public init() {}

    /// - Parameter stored: every key of this run found in the table afterwards.
    public func check(
        sent: Set<String>, outcomes: [String: WriteOutcome], stored: Set<String>
    ) -> LedgerCount {
        var keys: [WriteOutcome: Set<String>] = [:]
        for key in sent { keys[outcomes[key] ?? .unknown, default: []].insert(key) }
        let acked = keys[.acked] ?? []
        let failed = keys[.failed] ?? []
        let unknown = keys[.unknown] ?? []
        let lost = acked.subtracting(stored)
        let phantom = stored.subtracting(sent).union(failed.intersection(stored))
        return LedgerCount(
            sent: sent.count, acked: acked.count, failed: failed.count, unknown: unknown.count, stored: stored.count,
            lost: lost.count, phantom: phantom.count, unknownStored: unknown.intersection(stored).count,
            lostKeys: Array(lost.sorted().prefix(20)))
    }
}
