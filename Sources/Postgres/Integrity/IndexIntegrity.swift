/// One B-tree index, looked at by every checker there is, each by itself: which of them notices a damage tells what kind
/// it is of. Changes nothing that stays: amcheck, where it is missing, is rolled back.
public struct IndexIntegrity: Sendable {
    /// From the cheapest to the dearest.
    public enum Checker: String, CaseIterable, Sendable {
        /// Reading a page whose checksum is wrong fails with SQLSTATE XX001.
        case checksums = "data checksums"
        /// The order within and between the pages of a level.
        case order = "bt_index_check"
        /// And an entry for every row of the table.
        case rows = "bt_index_check with heapallindexed"
        /// The order, and that every page is where its parent says. Keeps writers of the table out meanwhile.
        case levels = "bt_index_parent_check"
    }

    private let session: PostgresSession
    private let oid: String
    private let timeLimit: Duration

    /// - Parameters:
    ///   - session: of a superuser, in no transaction.
    ///   - oid: the index's.
    public init(_ oid: String, in session: PostgresSession, timeLimit: Duration = .seconds(600)) {
        self.oid = oid
        self.session = session
        self.timeLimit = timeLimit
    }

    /// What each checker says that finds something wrong. Empty for a sound index.
    /// - Throws: when one could not look.
    public func check() async throws(PostgresError) -> [Checker: PostgresError] {
        // A lock that is not to be had soon would queue everybody else behind it.
        let amcheck = try await begin()
        var found: [Checker: PostgresError] = [:]
        for (checker, call) in [
            (Checker.order, "bt_index_check(index => \(oid)::regclass, heapallindexed => false)"),
            (.rows, "bt_index_check(index => \(oid)::regclass, heapallindexed => true)"),
            (.levels, "bt_index_parent_check(index => \(oid)::regclass, heapallindexed => false)"),
        ] {
            guard let failure = try await attempt("SELECT \(amcheck).\(call)") else { continue }
            // A row without an entry is XX001 too; that the order could not be looked at for it is the page's own fault.
            if checker == .order, failure.sqlState == "XX001" {
                found[.checksums] = failure
                break
            }
            found[checker] = failure
        }
        try await session.execute("ROLLBACK")
        return found
    }

    /// Whether levels, order and entries for all rows are right, at once.
    /// - Throws: what is wrong, as amcheck says it.
    public func prove() async throws(PostgresError) {
        let amcheck = try await begin()
        let failure = try await attempt(
            "SELECT \(amcheck).bt_index_parent_check(index => \(oid)::regclass, heapallindexed => true)")
        try await session.execute("ROLLBACK")
        if let failure { throw failure }
    }

    private func begin() async throws(PostgresError) -> String {
        try await session.execute("BEGIN; SET LOCAL lock_timeout = '10s'")
        return try await AmcheckExtension(in: session).schema
    }

    /// - Returns: the damage that a check meets; its locks are not kept.
    /// - Throws: what is not of the index.
    private func attempt(_ sql: String) async throws(PostgresError) -> PostgresError? {
        do throws(PostgresError) {
            try await session.execute("SAVEPOINT brink; \(sql); ROLLBACK TO brink; RELEASE brink", timeout: timeLimit)
            return nil
        } catch {
            guard !session.isClosed else { throw error }
            let isDamage = error.sqlState.map { $0.hasPrefix("XX") || $0.hasPrefix("58") } ?? false
            try await session.execute(isDamage ? "ROLLBACK TO brink; RELEASE brink" : "ROLLBACK")
            guard isDamage else { throw error }
            return error
        }
    }
}
