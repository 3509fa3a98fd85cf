/// What the client may conclude about a write.
public enum WriteOutcome: String, Hashable, Sendable {
    /// The service said that it is stored.
    case acked
    /// The service, or the lack of any connection, said that it is not stored.
    case failed
    /// Nobody knows until the table is read: about a third of these did commit.
    case unknown
}
