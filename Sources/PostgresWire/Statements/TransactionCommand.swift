/// What a statement does to its session's transaction (PostgreSQL documentation, SQL Commands: BEGIN, COMMIT, ROLLBACK
/// and their synonyms).
enum TransactionCommand: Hashable, Sendable {
    case begin, commit, commitAndChain, rollback, rollbackAndChain, rollbackToSavepoint, prepare, other

    /// - Parameter words: how the statement begins, in lower case and without comments.
    init(words: [String]) {
        let verb = words.first
        let rest = words.dropFirst().drop { $0 == "work" || $0 == "transaction" }
        let chains = rest.starts(with: ["and", "chain"])
        switch verb {
        case "begin": self = .begin
        case "start" where words.dropFirst().first == "transaction": self = .begin
        case "prepare" where words.dropFirst().first == "transaction": self = .prepare
        case "commit" where rest.first != "prepared", "end": self = chains ? .commitAndChain : .commit
        case "rollback" where rest.first == "to": self = .rollbackToSavepoint
        case "rollback" where rest.first != "prepared", "abort": self = chains ? .rollbackAndChain : .rollback
        default: self = .other
        }
    }

    var isCommit: Bool { self == .commit || self == .commitAndChain }
}
