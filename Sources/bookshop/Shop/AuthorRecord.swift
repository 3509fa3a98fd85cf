import Postgres

/// A row of `bookshop.authors`.
struct AuthorRecord: ShopRecord {
    static let names = ["id", "name"]
    static let columns = names.joined(separator: ", ")

    let id: String
    let name: String

    init(_ rows: PostgresRows, _ row: Int) {
        id = rows[row, 0] ?? ""
        name = rows[row, 1] ?? ""
    }
}
