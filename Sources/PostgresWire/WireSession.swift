/// Who talks to which database, and how far they are.
public struct WireSession: Hashable, Sendable {
    /// From the startup packet.
    public internal(set) var user: String?
    /// From the startup packet; the user's name when that names none.
    public internal(set) var database: String?
    /// `application_name`, from the startup packet, then as the server reports it.
    public internal(set) var application: String?
    /// What the last ReadyForQuery said; nil before the first.
    public internal(set) var transaction: TransactionStatus?
    /// The server waits for a request, and everything the client has sent is answered.
    public internal(set) var isReady = false
}
