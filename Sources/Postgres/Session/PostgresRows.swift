/// The result of one statement, every value in PostgreSQL's text format.
public struct PostgresRows: Sendable, Equatable {
    /// Column names in order; empty for a statement that returns no rows.
    public let columns: [String]
    /// The number of rows returned.
    public let count: Int
    /// The command tag, such as `INSERT 0 1` or `COMMIT`. A `COMMIT` of a failed transaction answers `ROLLBACK` here.
    public let commandTag: String
    /// Rows inserted, updated, deleted or selected; 0 where the command does not count.
    public let affectedRows: Int

    /// Row after row, so that a result costs one array and not one per row.
    private let values: [String?]

    init(columns: [String], count: Int, commandTag: String, affectedRows: Int, values: [String?]) {
        self.columns = columns
        self.count = count
        self.commandTag = commandTag
        self.affectedRows = affectedRows
        self.values = values
    }

    public var isEmpty: Bool { count == 0 }

    /// The value at a row and a column, both from 0; `nil` for SQL NULL, and where there is no such row or column: over a
    /// link that damages what it carries, the answer to another statement can come (``columns`` tells).
    public subscript(row: Int, column: Int) -> String? {
        guard (0..<count).contains(row), columns.indices.contains(column) else { return nil }
        return values[row * columns.count + column]
    }

    /// The value at a row, from 0, and a named column; `nil` for SQL NULL or when there is no such column.
    public subscript(row: Int, column: String) -> String? {
        guard let index = columns.firstIndex(of: column) else { return nil }
        return self[row, index]
    }
}
