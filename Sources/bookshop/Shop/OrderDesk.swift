import Logging

/// Takes orders, each exactly once by its key.
struct OrderDesk: Sendable {
    let pool: ConnectionPool
    let logger: Logger
    /// The weakness `ack-before-commit`, when it is on.
    private let writeBehind: WriteBehind?

    init(pool: ConnectionPool, acknowledgesBeforeCommit: Bool, logger: Logger) {
        self.pool = pool
        self.logger = logger
        writeBehind =
            acknowledgesBeforeCommit
            ? WriteBehind { lease in await Self.commit(lease, in: pool, logger) } : nil
    }

    /// - Returns: the JSON of the order, which is the stored one when the key is known already.
    /// - Throws: ``ServiceError`` with `outcome` `unknown` when the commit may have happened.
    func place(
        key: String, book: String, quantity: Int64, _ fields: [GraphQLPlan.Field]
    ) async throws(ServiceError) -> [UInt8] {
        let lease: PoolLease
        do throws(ServiceError) {
            lease = try await pool.checkout()
        } catch {
            throw error.with(outcome: .failed)
        }
        let statements = ShopStatements(session: lease.session)
        let answer: [UInt8]
        do throws(ServiceError) {
            try await statements.begin()
            var records = try await statements.insertOrder(key: key, book: book, quantity: quantity)
            if records.isEmpty { records = try await statements.order(key) }
            answer = try await ShopResolver(statements: statements).orders(records, fields).first ?? ShopResolver.null
        } catch {
            await giveUp(lease)
            throw error.with(outcome: .failed)
        }

        if let writeBehind {
            await writeBehind.add(lease)
            return answer
        }

        do throws(ServiceError) {
            try await statements.commit()
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
