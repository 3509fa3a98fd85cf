import Postgres

/// The SQL of the shop on one connection. Nested data is loaded for all parents at once, never one by one.
struct ShopStatements: Sendable {
    let session: PostgresSession

    func book(_ id: String) async throws(ServiceError) -> [BookRecord] {
        try await records(
            "SELECT \(BookRecord.columns) FROM bookshop.books WHERE id = $1", [try identifier(id)])
    }

    func books(first: Int64, offset: Int64) async throws(ServiceError) -> [BookRecord] {
        try await records(
            "SELECT \(BookRecord.columns) FROM bookshop.books ORDER BY id LIMIT $1 OFFSET $2",
            ["\(first)", "\(offset)"])
    }

    func books(ids: Set<String>) async throws(ServiceError) -> [BookRecord] {
        try await records(
            "SELECT \(BookRecord.columns) FROM bookshop.books WHERE id = ANY($1)", [array(ids)])
    }

    func books(authors: Set<String>) async throws(ServiceError) -> [BookRecord] {
        try await records(
            "SELECT \(BookRecord.columns) FROM bookshop.books WHERE author_id = ANY($1) ORDER BY id",
            [array(authors)])
    }

    func author(_ id: String) async throws(ServiceError) -> [AuthorRecord] {
        try await records(
            "SELECT \(AuthorRecord.columns) FROM bookshop.authors WHERE id = $1", [try identifier(id)])
    }

    func authors(ids: Set<String>) async throws(ServiceError) -> [AuthorRecord] {
        try await records(
            "SELECT \(AuthorRecord.columns) FROM bookshop.authors WHERE id = ANY($1)", [array(ids)])
    }

    /// The newest reviews of each book.
    func reviews(books: Set<String>, first: Int64) async throws(ServiceError) -> [ReviewRecord] {
        try await records(
            """
            SELECT r.id, r.book_id, r.rating, r.body
            FROM unnest($1::bigint[]) AS b(id)
            CROSS JOIN LATERAL (
                SELECT \(ReviewRecord.columns) FROM bookshop.reviews WHERE book_id = b.id ORDER BY id DESC LIMIT $2
            ) AS r
            """,
            [array(books), "\(first)"])
    }

    func bestsellers(limit: Int64) async throws(ServiceError) -> [BestsellerRecord] {
        try await records(
            """
            SELECT book_id, sum(quantity) AS sold FROM bookshop.orders
            GROUP BY book_id ORDER BY sold DESC, book_id LIMIT $1
            """,
            ["\(limit)"])
    }

    /// How many of each book were ordered; books without orders are left out.
    func sold(books: Set<String>) async throws(ServiceError) -> [String: String] {
        let records: [BestsellerRecord] = try await records(
            "SELECT book_id, sum(quantity) AS sold FROM bookshop.orders WHERE book_id = ANY($1) GROUP BY book_id",
            [array(books)])
        return Dictionary(records.map { ($0.bookID, $0.sold) }) { first, _ in first }
    }

    func order(_ key: String) async throws(ServiceError) -> [OrderRecord] {
        try await records("SELECT \(OrderRecord.columns) FROM bookshop.orders WHERE key = $1", [key])
    }

    /// Returns nothing when there is an order with this key already.
    func insertOrder(key: String, book: String, quantity: Int64) async throws(ServiceError) -> [OrderRecord] {
        try await records(
            """
            INSERT INTO bookshop.orders (key, book_id, quantity) VALUES ($1, $2, $3)
            ON CONFLICT (key) DO NOTHING RETURNING \(OrderRecord.columns)
            """,
            [key, try identifier(book), "\(quantity)"])
    }

    func insertReview(book: String, rating: Int64, body: String) async throws(ServiceError) -> [ReviewRecord] {
        try await records(
            """
            INSERT INTO bookshop.reviews (book_id, rating, body) VALUES ($1, $2, $3)
            RETURNING \(ReviewRecord.columns)
            """,
            [try identifier(book), "\(rating)", body])
    }

    func begin() async throws(ServiceError) {
        try await run("BEGIN", answered: ["BEGIN"])
    }

    /// - Throws: also when the server rolled back instead, which it does to a failed transaction without an error.
    func commit() async throws(ServiceError) {
        guard try await run("COMMIT", answered: ["COMMIT", "ROLLBACK"]) == "COMMIT" else {
            throw ServiceError(.databaseError, "the transaction was rolled back", sqlState: "25P02")
        }
    }

    func rollback() async throws(ServiceError) {
        try await run("ROLLBACK", answered: ["ROLLBACK"])
    }

    private func records<Record: ShopRecord>(
        _ sql: String, _ parameters: [String?]
    ) async throws(ServiceError) -> [Record] {
        let rows = try await ask(sql, parameters)
        guard rows.columns == Record.names else { throw outOfStep("columns \(rows.columns)", "\(Record.names)") }
        return (0..<rows.count).map { Record(rows, $0) }
    }

    /// - Parameter tags: the command tags that answer such a command.
    @discardableResult
    private func run(_ command: String, answered tags: Set<String>) async throws(ServiceError) -> String {
        let tag = try await ask(command).commandTag
        guard tags.contains(tag) else { throw outOfStep(tag, tags.sorted().joined(separator: " or ")) }
        return tag
    }

    private func ask(_ sql: String, _ parameters: [String?] = []) async throws(ServiceError) -> PostgresRows {
        do throws(PostgresError) {
            return try await session.query(sql, parameters)
        } catch {
            throw ServiceError(error)
        }
    }

    private func outOfStep(_ came: String, _ expected: String) -> ServiceError {
        .outOfStep(session, ": \(came) came instead of \(expected)")
    }

    /// Refuses what is no bigint before the server has to.
    private func identifier(_ text: String) throws(ServiceError) -> String {
        guard let number = Int64(text) else {
            throw ServiceError(.badRequest, "an ID of a book or an author is a whole number")
        }
        return "\(number)"
    }

    /// Identifiers come from bigint columns: nothing in them needs quoting.
    private func array(_ identifiers: Set<String>) -> String {
        "{" + identifiers.joined(separator: ",") + "}"
    }
}
