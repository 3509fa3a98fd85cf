/// What the shop does for each root field, on connections of the pool.
struct Shop: Sendable {
    let pool: ConnectionPool
    let orders: OrderDesk
    let retries: RetryPolicy
    let metrics: Metrics

    /// - Returns: the JSON of the field.
    func query(_ field: GraphQLPlan.Field) async throws(ServiceError) -> [UInt8] {
        try await retries.run { (operation) async throws(ServiceError) in try await queryOnce(field, operation) }
    }

    private func queryOnce(_ field: GraphQLPlan.Field, _ operation: DatabaseOperation) async throws(ServiceError)
        -> [UInt8]
    {
        try await pool.withSession { session throws(ServiceError) in
            operation.begins()
            let statements = ShopStatements(session: session)
            let resolver = ShopResolver(statements: statements)
            let fields = field.selections
            switch field.name {
            case "book":
                return try await resolver.books(try await statements.book(field.text("id")), fields).first
                    ?? ShopResolver.null
            case "books":
                let records = try await statements.books(first: field.int("first"), offset: field.int("offset"))
                return resolver.list(try await resolver.books(records, fields))
            case "author":
                return try await resolver.authors(try await statements.author(field.text("id")), fields).first
                    ?? ShopResolver.null
            case "bestsellers":
                let records = try await statements.bestsellers(limit: field.int("limit"))
                return resolver.list(try await resolver.bestsellers(records, fields))
            case "order":
                return try await resolver.orders(try await statements.order(field.text("key")), fields).first
                    ?? ShopResolver.null
            default:
                throw ServiceError(.internal, "no resolver for the field \(field.name)")
            }
        }
    }

    /// - Returns: the JSON of the field.
    /// - Throws: ``ServiceError`` with its `outcome` set.
    func mutate(_ field: GraphQLPlan.Field) async throws(ServiceError) -> [UInt8] {
        switch field.name {
        case "placeOrder":
            return try await orders.place(
                key: field.text("key"), book: field.text("book"), quantity: field.int("quantity"), field.selections)
        case "addReview":
            return try await retries.run { (operation) async throws(ServiceError) in
                try await addReview(field, operation)
            }
        default:
            throw ServiceError(.internal, "no resolver for the field \(field.name)")
        }
    }

    private func addReview(_ field: GraphQLPlan.Field, _ operation: DatabaseOperation) async throws(ServiceError)
        -> [UInt8]
    {
        try await pool.withSession { session throws(ServiceError) in
            operation.begins()
            let statements = ShopStatements(session: session)
            let records: [ReviewRecord]
            do throws(ServiceError) {
                records = try await statements.insertReview(
                    book: field.text("book"), rating: field.int("rating"), body: field.text("body"))
            } catch {
                // One statement is its own transaction: cut off, it may have committed.
                throw error.with(outcome: error.isRefusal ? .failed : .unknown)
            }
            return ShopResolver(statements: statements).reviews(records, field.selections).first ?? ShopResolver.null
        }
    }
}
