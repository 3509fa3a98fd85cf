import Postgres

/// A row of `bookshop.orders`.
struct OrderRecord: ShopRecord {
    static let names = ["key", "book_id", "quantity", "to_char"]
    static let columns =
        "key, book_id, quantity, to_char(placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"

    private(set) var key: String
    let bookID: String
    let quantity: String
    let placedAt: String

    init(_ rows: PostgresRows, _ row: Int) {
        key = rows[row, 0] ?? ""
        bookID = rows[row, 1] ?? ""
        quantity = rows[row, 2] ?? ""
        placedAt = rows[row, 3] ?? ""
    }

    func called(_ key: String) -> OrderRecord {
        var copy = self
        copy.key = key
        return copy
    }
}
