/// One statement of SQL text.
struct SQLStatement: Hashable, Sendable {
    /// Normalized, see ``SQLScript``.
    let text: [UInt8]
    let command: TransactionCommand
}
