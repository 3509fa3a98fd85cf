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

    private var sessions: [PostgresSession] = []
    private var tasks: [Task<Void, Never>] = []
    /// Looks on while the sessions are held.
    private var observer: PostgresSession?
    private var counts: [String: Int] = [:]
    private var trouble: String?

    /// Longest time for a statement of a script.
    private static let patience = Duration.seconds(10)
    /// A statement that lasts does so until its session is closed.
    private static let forEver = Duration.seconds(86_400)

    /// - Parameter id: the fault's; the server cuts the name off after 63 bytes (NAMEDATALEN).
    init(_ id: String, on access: DatabaseAccess) {
        name = String("brink-\(id)".prefix(58))
        self.access = access
    }

    // MARK: Holding

    /// Opens the sessions, runs their scripts and begins their work.
    /// - Throws: when one cannot be opened or its script fails; then none is left.
    func begin(_ held: [HeldSession]) async throws {
        do {
            observer = try await access.open("\(name)-look")
            for one in held { try await begin(one) }
        } catch {
            _ = await end()
            throw error
        }
    }

    private func begin(_ held: HeldSession) async throws {
        let session = try await open()
        sessions.append(session)
        for statement in held.script { try await session.execute(statement, timeout: SessionHolder.patience) }
        switch held.work {
        case .rest: break
        case .lasting(let statement):
            tasks.append(
                Task {
                    do {
                        try await session.execute(statement, timeout: SessionHolder.forEver)
                        self.tell("a statement that was to last has ended")
                    } catch let error as PostgresError {
                        if error.kind != .closed { self.tell("\(error)") }
                        if let state = error.sqlState { self.count(state, 1) }
                    } catch {
                        self.tell("\(error)")
                    }
                })
        case .cycle(let pause, let body):
            tasks.append(Task { await self.run(body, on: session, pause: pause) })
        }
    }

    private func open() async throws -> PostgresSession {
        let session = try await access.open(name)
        if session.serverVersion >= 140_000 {
            try await session.execute("SET client_connection_check_interval = '1s'")
        }
        return session
    }

    private func run(
        _ body: @Sendable (PostgresSession) async throws -> Int, on first: PostgresSession, pause: Duration
    ) async {
        var session = first
        while !Task.isCancelled {
            do {
                if session.isClosed {
                    session = try await open()
                    sessions.append(session)
                }
                count("done", try await body(session))
            } catch let error as PostgresError {
                guard !Task.isCancelled else { return }
                if let state = error.sqlState { count(state, 1) }
                // A server that is down or in trouble is tried again; what it shows is looked at by the fault.
                tell("\(error)")
            } catch {
                guard !Task.isCancelled else { return }
                tell("\(error)")
            }
            do { try await Task.sleep(for: pause) } catch { return }
        }
    }

    private func count(_ what: String, _ number: Int) { counts[what, default: 0] += number }
    private func tell(_ trouble: String) { self.trouble = trouble }

    // MARK: Looking

    /// Server process ids of the sessions that are open.
    var pids: [Int32] { sessions.filter { !$0.isClosed }.map(\.backendPID) }

    /// What the cycles returned, as `done`, and how often each SQLSTATE came.
    var tally: [String: Int] { counts }

    /// The latest thing that went other than it should.
    var latestTrouble: String? { trouble }

    /// Asks past the held sessions: through the session that looks on, or through one for this question alone.
    func ask(_ sql: String, _ parameters: [String?] = []) async throws -> PostgresRows {
        if let observer, !observer.isClosed { return try await observer.query(sql, parameters) }
        let session = try await access.open("\(name)-look")
        guard !sessions.isEmpty else {
            defer { session.close() }
            return try await session.query(sql, parameters)
        }
        observer = session
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
    func end() async -> UndoOutcome {
        for task in tasks { task.cancel() }
        for session in sessions { session.close() }
        for task in tasks { await task.value }
        tasks = []
        let pids = sessions.map { String($0.backendPID) }
        sessions = []
        let left = pids.isEmpty ? 0 : await wait(for: pids)
        observer?.close()
        observer = nil
        guard left > 0 else { return pids.isEmpty ? .alreadyRestored : .restored }
        return .failed(
            "5 s after their end \(access.place) still shows \(left) of the sessions of \(name); their sockets are closed, "
                + "so they go once the server reads on")
    }

    /// - Returns: how many the server still shows at the end of patience; none for a server that does not answer, since
    ///   it has no sessions, or ends them when it finds their sockets closed.
    private func wait(for pids: [String]) async -> Int {
        let end = MonotonicClock.now() + .seconds(5)
        var left = 0
        repeat {
            // The function, not the view: the view reads catalogs that a fault may hold.
            let rows = try? await ask(
                """
                SELECT count(*) FROM pg_stat_get_activity(NULL) WHERE application_name = $1 AND pid = ANY ($2::int[])
                """, [name, "{\(pids.joined(separator: ","))}"])
            left = rows?[0, 0].flatMap { Int($0) } ?? 0
            if left > 0 { await Blocking.run { MonotonicClock.pause(milliseconds: 10) } }
        } while left > 0 && MonotonicClock.now() < end
        return left
    }
}
