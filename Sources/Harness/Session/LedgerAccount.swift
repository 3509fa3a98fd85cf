import Events

/// The account of all acknowledged writes when a session's load has ended.
enum LedgerAccount {
    /// Compares what was acknowledged with what is stored, and records it.
    /// - Returns: the count, nil where there is none to be had, and why it could not be made, if it should have been.
    static func settle(
        _ load: LoadSetup.Prepared?, _ events: EventRecorder
    ) async -> (count: LedgerCount?, trouble: String?) {
        guard let load else { return (nil, nil) }
        do {
            let count = try await load.settle()
            if let count { await events.record(.ledger(count)) }
            return (count, nil)
        } catch {
            let trouble = "the ledger could not be checked: \(error)"
            await events.record(.message(Message(.error, trouble)))
            return (nil, trouble)
        }
    }
}
