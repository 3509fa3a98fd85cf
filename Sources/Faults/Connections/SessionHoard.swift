import Engine
import Glibc
import Journal
import LinuxSystem
import Postgres
import Synchronization

/// Idle PostgreSQL sessions of an ordinary role, which count against `max_connections`.
///
/// The slots that ordinary roles share are `max_connections` less those reserved for superusers and, since PostgreSQL 16,
/// for pg_use_reserved_connections. Superusers and Brink's own observers are no users: what they hold is taken off first.
///
/// A role and a database can have fewer (CONNECTION LIMIT): then the server refuses the next one before its slots are full,
/// and the slots are those of the role or the database, whichever leaves less.
final class SessionHoard: ConnectionHoard {
    /// How many sessions it is to have.
    enum Size: Hashable, Sendable {
        case count(Int)
        /// So many that users have this number of slots in all, those that they hold included.
        case leaving(Int, evicts: Bool)
    }

    /// Whose slots are how many.
    private struct Slots {
        /// What the slots belong to: `server`, `database` or `role`.
        let scope: String
        /// For ordinary roles.
        let capacity: Int
        let mine: Int
        let users: Int
        let exempt: Int
    }

    /// Nil for a server of which nothing but a connection is known.
    private let server: PostgresServer?
    /// Where it is, for messages.
    private let place: String
    private let table: ProcessTable
    private let size: Size
    /// Nil for the harness's own.
    private let namespace: NetworkNamespace?
    private let name: String
    private let sessions: IdleSessions
    /// The server's process behind the first session.
    private let firstProcess = Mutex<ProcessIdentity?>(nil)
    private let trouble = Mutex<String?>(nil)
    /// Set once the server has said that it has no slot left for the role.
    private let isExhausted = Mutex(false)

    private static let timeout = Duration.seconds(2)

    /// - Parameters:
    ///   - id: the fault's; the sessions' application_name is made of it.
    ///   - settings: user, database and whatever else libpq needs, but not where the server is.
    init(_ id: String, on server: PostgresServer, settings: String, size: Size, table: ProcessTable) throws {
        self.server = server
        place = server.dataDirectory
        self.table = table
        self.size = size
        name = Self.name(of: id)
        let postmaster = try server.postmaster()
        let isOwn = try NetworkNamespace.inode(of: postmaster.pid) == NetworkNamespace.inode(of: getpid())
        namespace = isOwn ? nil : try NetworkNamespace(of: postmaster.pid)
        let address = try server.address()
        // What comes last counts: the settings cannot lead elsewhere.
        sessions = IdleSessions(
            "\(settings) hostaddr='' host='\(address.host)' port=\(address.port)",
            applicationName: name)
    }

    /// Sessions of the role that the connection string names.
    init(_ id: String, on access: DatabaseAccess, size: Size, table: ProcessTable) {
        server = nil
        place = access.place
        self.table = table
        self.size = size
        name = Self.name(of: id)
        namespace = nil
        sessions = IdleSessions(access.connection, applicationName: name)
    }

    /// The server cuts it off after 63 bytes (NAMEDATALEN) and replaces what is not ASCII.
    private static func name(of id: String) -> String {
        let word = id.utf8.filter { (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) }
        return String("brink-hoard-\(getpid())-\(String(decoding: word, as: UTF8.self))".prefix(63))
    }

    // MARK: Holding

    func adjust() throws {
        do {
            try adjustOnce()
            trouble.withLock { $0 = nil }
        } catch {
            trouble.withLock { $0 = "\(error)" }
            throw error
        }
    }

    private func adjustOnce() throws {
        sessions.dropEnded()
        if sessions.count == 0 { try openFirst() }
        let slots = try slots()
        let goal: Int
        switch size {
        case .count(let count): goal = count
        case .leaving(let left, _): goal = slots.capacity - slots.exempt - left
        }
        guard goal > 0 else {
            throw FaultError(
                "connections.hoard: \(place) has \(slots.capacity) slots for ordinary roles (the limit of the "
                    + "\(slots.scope)), of which "
                    + "superusers and Brink's observers hold \(slots.exempt): leave fewer than "
                    + "\(slots.capacity - slots.exempt)")
        }
        if sessions.count > goal { sessions.close(downTo: goal) }
        var isRefused = false
        while sessions.count < goal, !isRefused { isRefused = try !openOne() }
        isExhausted.withLock { $0 = isRefused }
        if isRefused, case .leaving(let left, evicts: true) = size {
            try evict(slots.users - left, of: slots.scope)
            try seize(goal)
        }
    }

    /// Takes the slots of those whose sessions were ended, before they do so themselves.
    private func seize(_ goal: Int) throws {
        let end = MonotonicClock.now() + .milliseconds(200)
        while sessions.count < goal, MonotonicClock.now() < end {
            if try !openOne() { MonotonicClock.pause(milliseconds: 2) }
        }
    }

    /// - Returns: false when the server has no slot left.
    private func openOne() throws -> Bool {
        do throws(PostgresError) {
            _ = try open()
            return true
        } catch {
            guard error.sqlState == "53300" else { throw error }
            return false
        }
    }

    private func open() throws(PostgresError) -> Int32 {
        guard let namespace else { return try sessions.open(within: SessionHoard.timeout) }
        let outcome: Result<Int32, PostgresError>
        do throws(SystemError) {
            // libpq makes the socket on the thread that asks for it.
            outcome = try namespace.run { [sessions] () throws(SystemError) in
                do throws(PostgresError) {
                    return .success(try sessions.open(within: SessionHoard.timeout))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw PostgresError(kind: .connectionFailed, message: "\(error)")
        }
        return try outcome.get()
    }

    /// The first one shows that it is the target that answers, and that the role can be kept out.
    private func openFirst() throws {
        let pid = try open()
        do {
            let process = try confirm(pid)
            let rows = try sessions.query(
                "SELECT session_user, rolsuper FROM pg_roles WHERE rolname = session_user", within: SessionHoard.timeout
            )
            guard rows.count == 1, rows[0, 1] == "f" else {
                throw FaultError(
                    "connections.hoard: the role \(rows.isEmpty ? "?" : rows[0, 0] ?? "?") is a superuser, whom full slots "
                        + "do not keep out; name an ordinary one in `session`")
            }
            firstProcess.withLock { $0 = process }
        } catch {
            sessions.close(downTo: 0)
            throw error
        }
    }

    /// - Returns: the process behind the session, of a cluster on this host.
    private func confirm(_ pid: Int32) throws -> ProcessIdentity? {
        guard let server else { return nil }
        let processes = try table.descendants(of: [try server.postmaster().pid])
        guard let process = processes.first(where: { (try? table.innermostPID(of: $0)) == pid }) else {
            throw FaultError(
                "connections.hoard: what answers on the port of \(place) is another server: not touched")
        }
        return try table.identity(of: process)
    }

    // MARK: The server's view

    /// Sessions of clients; backend_type is hidden from a role for sessions of others (pg_stat_activity).
    private static let clients = """
        pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid
        WHERE a.datid IS NOT NULL AND coalesce(a.backend_type, 'client backend') = 'client backend'
        """
    private static let isExempt = "(r.rolsuper OR a.application_name LIKE 'brink-%')"

    private func slots() throws -> Slots {
        let rows = try sessions.query(
            """
            SELECT l.scope, l.capacity,
                   count(*) FILTER (WHERE a.application_name = $1),
                   count(*) FILTER (WHERE a.application_name <> $1 AND NOT \(SessionHoard.isExempt)),
                   count(*) FILTER (WHERE a.application_name <> $1 AND \(SessionHoard.isExempt)) AS exempt
            FROM (SELECT 'server' AS scope,
                         current_setting('max_connections')::int
                         - current_setting('superuser_reserved_connections')::int
                         - coalesce(current_setting('reserved_connections', true)::int, 0) AS capacity
                  UNION ALL SELECT 'database', datconnlimit FROM pg_database
                  WHERE datname = current_database() AND datconnlimit >= 0
                  UNION ALL SELECT 'role', rolconnlimit FROM pg_roles
                  WHERE rolname = session_user AND rolconnlimit >= 0) l,
                 \(SessionHoard.clients) AND \(SessionHoard.isWithin("l.scope"))
            GROUP BY l.scope, l.capacity
            ORDER BY l.capacity - count(*) LIMIT 1
            """, [name], within: SessionHoard.timeout)
        let numbers = (1...4).map { rows[0, $0].flatMap { Int($0) } ?? 0 }
        return Slots(
            scope: rows[0, 0] ?? "server", capacity: numbers[0], mine: numbers[1], users: numbers[2],
            exempt: numbers[3])
    }

    /// Whose sessions count against a limit: the server counts all, a database those that are connected to it, a role its
    /// own.
    private static func isWithin(_ scope: String) -> String {
        """
        CASE \(scope) WHEN 'database' THEN a.datname = current_database() WHEN 'role' THEN a.usename = session_user
        ELSE true END
        """
    }

    /// Ends the newest sessions of users; what a pool has open would otherwise never feel the lack.
    private func evict(_ count: Int, of scope: String) throws {
        guard count > 0 else { return }
        _ = try sessions.query(
            """
            SELECT count(pg_terminate_backend(pid)) FROM (
                SELECT a.pid FROM \(SessionHoard.clients) AND a.application_name <> $1 AND NOT \(SessionHoard.isExempt)
                AND \(SessionHoard.isWithin("$3"))
                ORDER BY a.backend_start DESC LIMIT $2::int) newest
            """, [name, String(count), scope], within: SessionHoard.timeout)
    }

    func observe() throws -> Observation {
        // A server that is down shows nothing; the keeper tries again.
        guard sessions.count > 0, let slots = try? slots() else { return [:] }
        return [
            "held": Double(slots.mine), "users": Double(slots.users), "exhausted": isExhausted.withLock { $0 } ? 1 : 0,
            "free": Double(slots.capacity - slots.exempt - slots.mine - slots.users),
            "room": Double(slots.capacity - slots.exempt - slots.mine),
        ]
    }

    func verify(_ now: Observation) -> Verification {
        let reason = trouble.withLock { $0 }.map { ": \($0)" } ?? ""
        guard let held = now["held"], let users = now["users"], let room = now["room"] else {
            return .notYet("the server shows no session of it\(reason)")
        }
        let text =
            "\(Int(held)) sessions are held, which leaves users \(Int(max(room, 0))) slots; they have \(Int(users))"
        switch size {
        case .count(let count):
            if Int(held) >= count { return .seen(text) }
            return now["exhausted"] == 1 ? .seen("\(text); the server has no more") : .notYet("\(text)\(reason)")
        case .leaving(let left, _):
            return Int(room) <= left && Int(users) <= left ? .seen(text) : .notYet("\(text), not \(left)\(reason)")
        }
    }

    // MARK: Letting go

    func release() -> UndoOutcome {
        guard sessions.count > 0 else { return .alreadyRestored }
        sessions.close(downTo: 1)
        let end = MonotonicClock.now() + .seconds(5)
        while let slots = try? slots(), slots.mine > 1, MonotonicClock.now() < end {
            MonotonicClock.pause(milliseconds: 5)
        }
        // A server that no longer answers has no sessions, or ends them once it reads that their sockets are closed.
        let others = ((try? slots())?.mine ?? 1) - 1
        let last = sessions.end(within: .seconds(2))
        while let process = firstProcess.withLock({ $0 }), table.isRunning(process), MonotonicClock.now() < end {
            MonotonicClock.pause(milliseconds: 5)
        }
        let isFirstLeft = firstProcess.withLock { $0 }.map { table.isRunning($0) } ?? (last > 0)
        let left = others + (isFirstLeft ? 1 : 0)
        guard left > 0 else { return .restored }
        return .failed(
            "5 s after their end \(place) still shows \(left) of the sessions; their sockets are closed, so "
                + "they go once the server reads on")
    }
}
