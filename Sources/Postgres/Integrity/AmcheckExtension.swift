/// The extension amcheck of a database, within a transaction that is rolled back.
struct AmcheckExtension {
    /// Its schema, quoted.
    let schema: String
    /// Whether it was missing and is there only until the transaction is rolled back.
    let isTemporary: Bool

    init(in session: PostgresSession) async throws(PostgresError) {
        let question = """
            SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
            WHERE extname = 'amcheck'
            """
        let known = try await session.query(question)
        if !known.isEmpty, let schema = known[0, 0] {
            self.schema = schema
            isTemporary = false
            return
        }
        try await session.execute("CREATE EXTENSION amcheck")
        let made = try await session.query(question)
        guard !made.isEmpty, let schema = made[0, 0] else {
            throw PostgresError(
                kind: .unsupported, message: "amcheck is not available", hint: "apt-get install postgresql-contrib")
        }
        self.schema = schema
        isTemporary = true
    }
}
