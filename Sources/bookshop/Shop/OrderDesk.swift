import Logging

/// Takes orders, each exactly once by its key.
struct OrderDesk: Sendable {
    let pool: ConnectionPool
    let retries: RetryPolicy
    let metrics: Metrics
    let logger: Logger
    /// On under the weakness `retries-non-idempotent`.
    let placesUnknownAgain: Bool
    /// The weakness `ack-before-commit`, when it is on.
    private let writeBehind: WriteBehind?

    init(
        pool: ConnectionPool, retries: RetryPolicy, metrics: Metrics, acknowledgesBeforeCommit: Bool,
        placesUnknownAgain: Bool, logger: Logger
    ) {
        self.pool = pool
        self.retries = retries
        self.metrics = metrics
        self.logger = logger
        self.placesUnknownAgain = placesUnknownAgain
        writeBehind =
            acknowledgesBeforeCommit
            ? WriteBehind { lease in await Self.commit(lease, in: pool, logger) } : nil
    }

    /// - Returns: the JSON of the order, which is the stored one when the key is known already.
    /// - Throws: ``ServiceError`` with `outcome` `unknown` when the commit may have happened.
    func place(
        key: String, book: String, quantity: Int64, _ fields: [GraphQLPlan.Field]
    ) async throws(ServiceError) -> [UInt8] {
        try await retries.run { (operation) async throws(ServiceError) in
            do throws(ServiceError) {
                return try await placeOnce(key: key, as: key, book: book, quantity: quantity, fields, operation)
            } catch {
                // The weakness `retries-non-idempotent`: a new try makes a new order, which does not know the first.
                guard placesUnknownAgain, error.outcome == .unknown else { throw error }
                return try await placeOnce(
                    key: key, as: "\(key)-again", book: book, quantity: quantity, fields, operation)
            }
        }
    }

    /// - Parameters:
    ///   - key: what the client calls the order.
    ///   - storedKey: what the table does.
    private func placeOnce(
        key: String, as storedKey: String, book: String, quantity: Int64, _ fields: [GraphQLPlan.Field],
        _ operation: DatabaseOperation
    ) async throws(ServiceError) -> [UInt8] {
        let lease: PoolLease
        do throws(ServiceError) {
            lease = try await pool.checkout()
        } catch {
            throw error.with(outcome: .failed)
        }
        operation.begins()
        let statements = ShopStatements(session: lease.session)
        let answer: [UInt8]
        do throws(ServiceError) {
            try await statements.begin()
            var records = try await statements.insertOrder(key: storedKey, book: book, quantity: quantity)
            if records.isEmpty { records = try await statements.order(storedKey) }
            records = records.map { $0.called(key) }
            answer = try await ShopResolver(statements: statements).orders(records, fields).first ?? ShopResolver.null
        } catch {
            await giveUp(lease)
            throw error.with(outcome: .failed)
        }

        if let writeBehind {
            await writeBehind.add(lease)
            return answer
        }

        let resolved = ContinuousClock.now
        do throws(ServiceError) {
            try await statements.commit()
            metrics.stages.observe(.commit, since: resolved)
        } catch {
            await giveUp(lease)
            throw error.with(outcome: error.isRefusal ? .failed : .unknown)
        }
        await pool.checkin(lease)
        return answer
    }

    /// Leaves the transaction and gives the connection back.
    private func giveUp(_ lease: PoolLease) async {
        await Self.giveUp(lease, to: pool, logger)
    }

    private static func giveUp(_ lease: PoolLease, to pool: ConnectionPool, _ logger: Logger) async {
        if !lease.session.isClosed, lease.session.transactionStatus != .idle {
            do throws(ServiceError) {
                try await ShopStatements(session: lease.session).rollback()
            } catch {
                // The pool sees the open transaction and replaces the connection, which rolls back as well.
                logger.debug("rollback failed", metadata: ["error": "\(error.message)"])
            }
        }
        await pool.checkin(lease)
    }

    private static func commit(_ lease: PoolLease, in pool: ConnectionPool, _ logger: Logger) async {
        do throws(ServiceError) {
            try await ShopStatements(session: lease.session).commit()
        } catch {
            logger.debug("write-behind commit failed", metadata: ["error": "\(error.message)"])
        }
        await giveUp(lease, to: pool, logger)
    }
}
