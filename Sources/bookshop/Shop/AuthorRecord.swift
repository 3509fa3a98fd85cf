import Postgres

/// A row of `bookshop.authors`.
struct AuthorRecord: Sendable {
    static let columns = "id, name"

    let id: String
    let name: String

    init(_ rows: PostgresRows, _ row: Int) {
        id = rows[row, 0] ?? ""
        name = rows[row, 1] ?? ""
    }
}
