import Engine
import Journal
import LinuxSystem
import Postgres

/// Sessions of Brink's own on a target's server, for as long as a fault lasts.
///
/// They belong to the harness: whatever ends it closes their sockets, and the server takes back what an ended session
/// held, so there is nothing for a journal to keep. A statement that is still at work notices within a second, where the
/// server can look (`client_connection_check_interval`, since PostgreSQL 14), else when it next sends something.
actor SessionHolder {
    /// The application_name of the sessions. `brink-` keeps them out of the counts of users.
    nonisolated let name: String
    nonisolated let access: DatabaseAccess

    /// Those that do nothing; others may wait for what they hold.
    private var resting: [PostgresSession] = []
    private var working: [PostgresSession] = []
    private var tasks: [Task<Void, Never>] = []
    /// Looks on while the sessions are held.
    private var observer: PostgresSession?
    private var cleanUp: (@Sendable (PostgresSession) async throws -> Void)?
    private var counts: [String: Int] = [:]
    private var trouble: String?

    /// For a connection, a statement of a script or a look: a server that other faults have brought low is slow.
    private static let patience = Duration.seconds(10)
    /// For a statement that may wait until its session is closed.
    static let forEver = Duration.seconds(86_400)

    /// - Parameter id: the fault's.
    init(_ id: String, on access: DatabaseAccess) {
        name = SessionHolder.name(of: id)
        self.access = access
    }

    /// What a fault's sessions are called; the server cuts a name off after 63 bytes (NAMEDATALEN).
    static func name(of fault: String) -> String { String("brink-\(fault)".prefix(58)) }

    // MARK: Holding

    /// Opens the sessions, runs their scripts and begins their work.
    /// - Parameter cleanUp: takes back what outlives a session, once all of them are closed.
    /// - Throws: when one cannot be opened or its script fails; then none is left.
    func begin(
        _ held: [HeldSession], cleanUp: (@Sendable (PostgresSession) async throws -> Void)? = nil
    ) async throws {
        do {
            observer = try await open("\(name)-look")
            self.cleanUp = cleanUp
            for one in held { try await begin(one) }
        } catch {
            // A cancelled task could ask the server nothing more.
            let outcome = await Task { await end() }.value
            guard !outcome.isResidue else { throw FaultError("\(error); and \(outcome)") }
            throw error
        }
    }

    private func begin(_ held: HeldSession) async throws {
        switch held.work {
        case .rest:
            let session = try await open(name)
            resting.append(session)
            try await run(held.script, in: session)
        case .lasting(let statement):
            let session = try await openWorking(held.script)
            tasks.append(Task { await self.run(statement, in: session) })
        case .cycle(let pause, let body):
            let sessions = [try await openWorking(held.script)]
            tasks.append(
                Task { await self.run(held.script, on: sessions, pause: pause) { try await body($0[0]) } })
        case .pair(let pause, let body):
            let sessions = [try await openWorking(held.script), try await openWorking(held.script)]
            tasks.append(
                Task { await self.run(held.script, on: sessions, pause: pause) { try await body($0[0], $0[1]) } })
        }
    }

    /// A role or a database may have time limits of its own, which would end what is to last. Rows are met in the order
    /// in which they lie, whoever else is reading the table.
    private static let preparation = """
        SELECT set_config(name, CASE name WHEN 'client_connection_check_interval' THEN '1s'
                                          WHEN 'synchronize_seqscans' THEN 'off' ELSE '0' END, false)
        FROM pg_settings WHERE name IN (
            'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout',
            'transaction_timeout', 'client_connection_check_interval', 'synchronize_seqscans')
        """

    private func open(_ name: String) async throws -> PostgresSession {
        let session = try await access.open(name, within: SessionHolder.patience)
        do {
            try await session.execute(SessionHolder.preparation)
        } catch {
            session.close()
            throw error
        }
        return session
    }

    private func openWorking(_ script: [String]) async throws -> PostgresSession {
        let session = try await open(name)
        working.append(session)
        do {
            try await run(script, in: session)
        } catch {
            session.close()
            working.removeAll { $0 === session }
            throw error
        }
        return session
    }

    private func run(_ script: [String], in session: PostgresSession) async throws {
        for statement in script { try await session.execute(statement, timeout: SessionHolder.patience) }
    }

    private func run(_ statement: String, in session: PostgresSession) async {
        do throws(PostgresError) {
            try await session.execute(statement, timeout: SessionHolder.forEver)
            tell("a statement that was to last has ended")
        } catch {
            if error.kind != .closed { tell("\(error)") }
            if let state = error.sqlState { count(state, 1) }
        }
    }

    private func run(
        _ script: [String], on first: [PostgresSession], pause: Duration,
        _ body: @Sendable ([PostgresSession]) async throws -> Int
    ) async {
        var sessions = first
        while !Task.isCancelled {
            do {
                for index in sessions.indices where sessions[index].isClosed {
                    let ended = sessions[index]
                    working.removeAll { $0 === ended }
                    sessions[index] = try await openWorking(script)
                }
                count("done", try await body(sessions))
            } catch {
                guard !Task.isCancelled else { return }
                if let state = (error as? PostgresError)?.sqlState { count(state, 1) }
                // A server that is down or in trouble is tried again; what it shows is looked at by the fault.
                tell("\(error)")
            }
            for session in sessions where !session.isClosed && session.transactionStatus != .idle {
                _ = try? await session.execute("ROLLBACK")
            }
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }

    private func count(_ what: String, _ number: Int) { counts[what, default: 0] += number }
    private func tell(_ trouble: String) { self.trouble = trouble }

    // MARK: Looking

    /// Server process ids of the sessions that are open.
    var pids: [Int32] { restingPIDs + workingPIDs }

    /// Of those that do nothing.
    var restingPIDs: [Int32] { resting.filter { !$0.isClosed }.map(\.backendPID) }

    /// Of those that wait, or are at work.
    var workingPIDs: [Int32] { working.filter { !$0.isClosed }.map(\.backendPID) }

    /// What the cycles returned, as `done`, and how often each SQLSTATE came.
    var tally: [String: Int] { counts }

    /// The latest thing that went other than it should.
    var latestTrouble: String? { trouble }

    /// Asks past the held sessions: through the session that looks on, or through one for this question alone.
    func ask(_ sql: String, _ parameters: [String?] = []) async throws -> PostgresRows {
        if let observer, !observer.isClosed { return try await observer.query(sql, parameters) }
        let isHolding = observer != nil
        let session = try await open("\(name)-look")
        if isHolding {
            observer = session
            return try await session.query(sql, parameters)
        }
        defer { session.close() }
        return try await session.query(sql, parameters)
    }

    /// A table of the server's as it is written in a statement, quoted where it needs to be.
    /// - Throws: `FaultError` when there is no such table.
    func table(_ name: String, for fault: String) async throws -> String {
        let rows = try await ask(
            """
            SELECT n.nspname, quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)
            """, [name])
        guard rows.count == 1, let quoted = rows[0, 1], let kind = rows[0, 2] else {
            throw FaultError("\(fault): there is no table \(name) in the database that \(access.place) was asked in")
        }
        guard ["r", "p"].contains(kind) else { throw FaultError("\(fault): \(name) is no table") }
        guard let schema = rows[0, 0], !schema.hasPrefix("pg_"), schema != "information_schema" else {
            throw FaultError("refused: \(fault): \(name) belongs to PostgreSQL itself")
        }
        return quoted
    }

    // MARK: Letting go

    /// Closes the sessions and waits until the server shows none of them.
    ///
    /// Those at work go first: one that waits for a lock of another's must never get it.
    func end() async -> UndoOutcome {
        guard observer != nil || !resting.isEmpty || !working.isEmpty || cleanUp != nil else { return .alreadyRestored }
        for task in tasks { task.cancel() }
        for session in working { session.close() }
        for task in tasks { await task.value }
        tasks = []
        // One that was being opened in the meantime.
        for session in working { session.close() }
        var left = await wait(for: working)
        for session in resting { session.close() }
        left += await wait(for: resting)
        working = []
        resting = []
        let trouble = await tidy()
        observer?.close()
        observer = nil
        if let trouble { return .failed(trouble) }
        guard left > 0 else { return .restored }
        return .failed(
            "5 s after their end \(access.place) still shows \(left) of the sessions of \(name); their sockets are closed, "
                + "so they go once the server reads on")
    }

    /// - Returns: how many the server still shows at the end of patience; none for a server that does not answer, since
    ///   it has no sessions, or ends them when it finds their sockets closed.
    private func wait(for sessions: [PostgresSession]) async -> Int {
        guard !sessions.isEmpty else { return 0 }
        if observer?.isClosed ?? true { observer = try? await access.open("\(name)-look") }
        guard let observer else { return 0 }
        let end = MonotonicClock.now() + .seconds(5)
        var left = 0
        repeat {
            // The function, not the view: the view reads catalogs that a fault may hold.
            let rows = try? await observer.query(
                """
                SELECT count(*) FROM pg_stat_get_activity(NULL) WHERE application_name = $1 AND pid = ANY ($2::int[])
                """, [name, sessions.map(\.backendPID).sqlArray], timeout: .seconds(5))
            left = Int(rows?.number(0) ?? 0)
            if left > 0 { await Blocking.run { MonotonicClock.pause(milliseconds: 10) } }
        } while left > 0 && MonotonicClock.now() < end
        return left
    }

    /// Takes back what outlives its session. A server that restarts is waited for.
    /// - Returns: why that failed.
    private func tidy() async -> String? {
        guard let cleanUp else { return nil }
        let end = MonotonicClock.now() + .seconds(10)
        while true {
            do {
                let session = try await open("\(name)-look")
                defer { session.close() }
                try await cleanUp(session)
                self.cleanUp = nil
                return nil
            } catch {
                guard MonotonicClock.now() < end else { return "\(access.place): \(error)" }
                await Blocking.run { MonotonicClock.pause(milliseconds: 200) }
            }
        }
    }
}
