import Postgres

/// A book and how many of it were ordered.
struct BestsellerRecord: ShopRecord {
    static let names = ["book_id", "sold"]

    let bookID: String
    let sold: String

    init(_ rows: PostgresRows, _ row: Int) {
        bookID = rows[row, 0] ?? ""
        sold = rows[row, 1] ?? ""
    }
}
