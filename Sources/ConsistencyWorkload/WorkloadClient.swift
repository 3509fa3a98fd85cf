import Consistency
import LinuxSystem
import Postgres

/// One client of a workload: a connection that is made again when it breaks, and transactions on it, one after the other.
final class WorkloadClient {
    private let connectionString: String
    private let options: WorkloadOptions
    private let end: ContinuousClock.Instant
    private var session: PostgresSession?
    private var hasConnected = false
    private(set) var tally = WorkloadTally()

    init(_ connectionString: String, _ options: WorkloadOptions, until end: ContinuousClock.Instant) {
        self.connectionString = connectionString
        self.options = options
        self.end = end
    }

    deinit {
        session?.close()
    }

    /// Runs one transaction.
    /// - Parameter body: the statements between `BEGIN` and `COMMIT`; false rolls back.
    /// - Returns: nil when there was no connection before the end.
    func transaction(
        _ body: (PostgresSession) async throws(PostgresError) -> Bool
    ) async -> TimedOutcome? {
        guard let session = await connected() else { return nil }
        let invoked = Self.nanoseconds()
        let outcome = await outcome(on: session, of: body)
        let completed = Self.nanoseconds()
        switch outcome {
        case .committed: tally.committed += 1
        case .aborted: tally.aborted += 1
        case .unknown: tally.unknown += 1
        }
        return TimedOutcome(outcome: outcome, invoked: invoked, completed: completed)
    }

    /// Retries until it succeeds or the end has come; for reads and for what may be repeated.
    func persistently<Value>(
        _ body: (PostgresSession) async throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        var latest = PostgresError(kind: .timeout, message: "the server did not come back in time")
        while let session = await connected() {
            do throws(PostgresError) {
                return try await body(session)
            } catch {
                tally.note(error)
                latest = error
                await recover(session)
                await Self.pause(.milliseconds(50))
            }
        }
        throw latest
    }

    /// Before `COMMIT` is sent nothing can be committed: whatever fails, the server rolls back.
    private func outcome(
        on session: PostgresSession, of body: (PostgresSession) async throws(PostgresError) -> Bool
    ) async -> TransactionOutcome {
        do throws(PostgresError) {
            try await session.execute("BEGIN ISOLATION LEVEL \(options.level.sql)")
            guard try await body(session) else {
                await recover(session)
                return .aborted
            }
        } catch {
            tally.note(error)
            await recover(session)
            return .aborted
        }
        do throws(PostgresError) {
            guard let answer = try await session.execute("COMMIT").last else { return .unknown }
            return TransactionOutcome(answer: answer)
        } catch {
            tally.note(error)
            await recover(session)
            return TransactionOutcome(failure: error)
        }
    }

    /// Makes the session fit for the next transaction, or lets go of it.
    private func recover(_ session: PostgresSession) async {
        switch session.transactionStatus {
        case .idle: return
        case .inTransaction, .failed:
            do throws(PostgresError) {
                try await session.execute("ROLLBACK")
                return
            } catch {
                tally.note(error)
            }
        case .active, .unknown: break
        }
        session.close()
        self.session = nil
    }

    /// The session, made anew if need be, with pauses that double up to half a second.
    private func connected() async -> PostgresSession? {
        var backoff = Duration.milliseconds(10)
        while ContinuousClock.now < end, !Task.isCancelled {
            if let session, !session.isClosed { return session }
            do throws(PostgresError) {
                let fresh = try await PostgresSession.connect(
                    connectionString,
                    options: PostgresSessionOptions(
                        connectTimeout: min(.seconds(2), options.statementTimeout),
                        statementTimeout: options.statementTimeout, applicationName: "brink_consistency"))
                if hasConnected { tally.reconnects += 1 }
                hasConnected = true
                session = fresh
            } catch {
                tally.note(error)
                await Self.pause(min(backoff, ContinuousClock.now.duration(to: end)))
                backoff = min(backoff * 2, .milliseconds(500))
            }
        }
        return nil
    }

    /// Between two transactions.
    func rest() async {
        if options.pause > .zero { await Self.pause(options.pause) }
    }

    private static func pause(_ duration: Duration) async {
        // Ends early when the task is cancelled, which the caller looks at anyway.
        try? await Task.sleep(for: duration)
    }

    private static func nanoseconds() -> Int64 {
        let (seconds, attoseconds) = MonotonicClock.now().components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}

/// How a transaction ended, and when.
struct TimedOutcome {
    let outcome: TransactionOutcome
    let invoked: Int64
    let completed: Int64
}
