import Postgres

/// A row of `bookshop.books`; numbers stay in the text form in which they are passed on.
struct BookRecord: ShopRecord {
    static let names = ["id", "title", "price", "author_id"]
    static let columns = names.joined(separator: ", ")

    let id: String
    let title: String
    let price: String
    let authorID: String

    init(_ rows: PostgresRows, _ row: Int) {
        id = rows[row, 0] ?? ""
        title = rows[row, 1] ?? ""
        price = rows[row, 2] ?? ""
        authorID = rows[row, 3] ?? ""
    }
}
