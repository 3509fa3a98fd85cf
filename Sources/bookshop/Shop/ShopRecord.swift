import Postgres

/// What a statement of the shop returns a row of.
protocol ShopRecord: Sendable {
    /// The names that the columns of such an answer have. An answer with others is one to another statement.
    static var names: [String] { get }

    init(_ rows: PostgresRows, _ row: Int)
}
