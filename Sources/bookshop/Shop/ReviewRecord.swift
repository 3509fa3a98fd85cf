import Postgres

/// A row of `bookshop.reviews`.
struct ReviewRecord: ShopRecord {
    static let names = ["id", "book_id", "rating", "body"]
    static let columns = names.joined(separator: ", ")

    let id: String
    let bookID: String
    let rating: String
    let body: String

    init(_ rows: PostgresRows, _ row: Int) {
        id = rows[row, 0] ?? ""
        bookID = rows[row, 1] ?? ""
        rating = rows[row, 2] ?? ""
        body = rows[row, 3] ?? ""
    }
}
