import Logging

/// Takes orders, each exactly once by its key.
struct OrderDesk: Sendable {
    let pool: ConnectionPool
    /// The weakness `ack-before-commit`.
    let acknowledgesBeforeCommit: Bool
    let logger: Logger

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

        if acknowledgesBeforeCommit {
            commitLater(lease)
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

    private func commitLater(_ lease: PoolLease) {
        Task {
            // Never shortened: whoever cancels the request has no hold on the write behind it.
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...250)))
            do throws(ServiceError) {
                try await ShopStatements(session: lease.session).commit()
            } catch {
                logger.debug("write-behind commit failed", metadata: ["error": "\(error.message)"])
            }
            await giveUp(lease)
        }
    }
}
