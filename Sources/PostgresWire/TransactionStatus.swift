/// A session's transaction, as ReadyForQuery tells it (PostgreSQL documentation, Frontend/Backend Protocol, Message
/// Formats).
public enum TransactionStatus: String, Hashable, Sendable, CaseIterable, Codable {
    case idle, inTransaction, failed

    init?(code: UInt8) {
        switch code {
        case UInt8(ascii: "I"): self = .idle
        case UInt8(ascii: "T"): self = .inTransaction
        case UInt8(ascii: "E"): self = .failed
        default: return nil
        }
    }

    /// The status after a command that the server carries out without an error.
    func after(_ command: TransactionCommand) -> TransactionStatus {
        switch (self, command) {
        case (_, .other): self
        case (.idle, .begin): .inTransaction
        case (_, .begin): self
        case (_, .commit), (_, .rollback), (_, .prepare): .idle
        case (.idle, _): .idle
        case (_, .commitAndChain), (_, .rollbackAndChain), (_, .rollbackToSavepoint): .inTransaction
        }
    }
}
