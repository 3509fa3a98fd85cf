extension WireRule {
    /// A message that a rule acts on.
    public enum Trigger: Hashable, Sendable {
        /// The server's first Authentication message. Not sent again on the connection, whatever the method.
        case authentication
        /// The client's Query, once for the whole string, or Execute.
        case statement
        /// A `.statement` that ends a transaction with COMMIT or END; also a Query that holds one among others.
        /// COMMIT PREPARED ends no transaction of the session and doesn't count.
        case commit
        /// The n-th DataRow of a result, n from 1. A portal that is suspended and fetched from again is one result.
        case dataRow(Int)
        /// The client's first message after Parse in the extended protocol, and so between Parse and the end of Sync.
        case parse
        /// The server's CommandComplete. In the extended protocol an implicit transaction is not committed yet: that is
        /// done at Sync, and `.readyForQuery` comes after it.
        case commandComplete
        /// The CommandComplete with the tag COMMIT: it is durable and the client doesn't know. COMMIT of a failed
        /// transaction is answered with ROLLBACK and doesn't count.
        case commitComplete
        /// The server's ReadyForQuery.
        case readyForQuery

        /// An error answers a request; the server's own messages are too late for one.
        var takesError: Bool {
            switch self {
            case .authentication, .statement, .commit, .parse: true
            case .dataRow, .commandComplete, .commitComplete, .readyForQuery: false
            }
        }
    }
}
