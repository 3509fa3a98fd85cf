/// A mistake that real services make, switched on by name so that Brink can show that it finds it.
///
/// Each one changes the behaviour at exactly one place; without it the service does the right thing there.
enum Weakness: String, Sendable, CaseIterable {
    /// `placeOrder` answers before its transaction is committed.
    case ackBeforeCommit = "ack-before-commit"
    /// A broken connection stays in the pool.
    case noReconnect = "no-reconnect"

    var explanation: String {
        switch self {
        case .ackBeforeCommit:
            "placeOrder answers after its INSERT ran and commits in the background, when 4 more orders came or 2 s "
                + "passed: a crash in between loses acknowledged orders"
        case .noReconnect:
            "a connection that broke is never replaced: it stays in the pool and fails every statement"
        }
    }
}
