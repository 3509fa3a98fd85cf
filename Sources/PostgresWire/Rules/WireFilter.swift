/// Which sessions and statements a rule is for. What is nil is not asked about; what a session hasn't told yet is no
/// match.
public struct WireFilter: Hashable, Sendable {
    /// What a session's transaction must be like.
    public enum Transaction: String, Hashable, Sendable, CaseIterable, Codable {
        case any, idle, inTransaction, failed
    }

    /// A name, or how one begins with `*` at the end; case matters. The same for the two below.
    public var user: String?
    public var database: String?
    /// `application_name`, as set last.
    public var application: String?
    /// For the client's messages: the status in which the server will find them, if nothing that was sent before fails.
    /// For the server's: its last ReadyForQuery, or this one.
    public var transaction: Transaction
    /// A glob over the statement: `*` is any text, `?` one character. ASCII letters match in either case, and a run of
    /// white space, in either, is one space. Comments are part of a statement; a semicolon between statements is not.
    /// A Query matches by its whole string or by one of its statements. Only the first MiB of a Query or Parse is seen.
    public var statementPattern: String?

    public init(
        user: String? = nil, database: String? = nil, application: String? = nil, transaction: Transaction = .any,
        statementPattern: String? = nil
    ) {
        self.user = user
        self.database = database
        self.application = application
        self.transaction = transaction
        self.statementPattern = statementPattern
    }

    func accepts(_ session: WireSession, _ status: TransactionStatus?) -> Bool {
        WireFilter.accepts(session.user, by: user) && WireFilter.accepts(session.database, by: database)
            && WireFilter.accepts(session.application, by: application)
            && (transaction == .any || transaction.rawValue == status?.rawValue)
    }

    private static func accepts(_ name: String?, by pattern: String?) -> Bool {
        guard let pattern else { return true }
        guard let name else { return false }
        return pattern.last == "*" ? name.utf8.starts(with: pattern.utf8.dropLast()) : name == pattern
    }
}
