import Postgres

extension PostgresRows {
    /// A figure of the first row; 0 where the server shows none.
    func number(_ column: Int) -> Double {
        isEmpty ? 0 : self[0, column].flatMap { Double($0) } ?? 0
    }
}

extension [Int32] {
    /// As an array literal of SQL.
    var sqlArray: String { "{\(map(String.init).joined(separator: ","))}" }
}

extension String {
    /// As a literal of SQL, where a statement takes no parameters.
    var sqlLiteral: String { "'\(split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'" }
}
