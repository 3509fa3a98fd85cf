/// What a client knows of its transaction.
public enum TransactionOutcome: String, Sendable {
    /// The commit was acknowledged.
    case committed
    /// It surely did not commit.
    case aborted
    /// The commit was under way when the client lost sight of it.
    case unknown
}
