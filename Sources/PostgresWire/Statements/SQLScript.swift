/// The text of a Query or a Parse: statements with semicolons between them.
struct SQLScript: Hashable, Sendable {
    /// All of it: ASCII letters in lower case, each run of white space one space, none at the ends.
    let text: [UInt8]
    /// Without those that are empty: they have no CommandComplete.
    let statements: [SQLStatement]

    init(_ source: ArraySlice<UInt8>) {
        text = SQLScript.normalized(source)
        statements = SQLScanner.statements(in: source)
    }

    var hasCommit: Bool { statements.contains { $0.command.isCommit } }

    var commands: [TransactionCommand] { statements.map(\.command) }

    /// White space inside quotes is treated alike: nobody tells rules apart by it.
    static func normalized(_ source: ArraySlice<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(source.count)
        var isAfterSpace = false
        for byte in source {
            if SQLScanner.isSpace(byte) {
                isAfterSpace = true
            } else {
                if isAfterSpace, !text.isEmpty { text.append(UInt8(ascii: " ")) }
                isAfterSpace = false
                text.append(SQLScanner.lowercased(byte))
            }
        }
        return text
    }
}
