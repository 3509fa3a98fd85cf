import Engine
import Glibc
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// Opens connections and holds them, so that others find none left.
///
/// They belong to the harness itself: whatever ends it ends them too, a guardian that kills it when it hangs included, so
/// there is nothing for a journal to keep. Bare ones are reset by their end (SO_LINGER, socket(7)), which needs nothing of
/// the server; PostgreSQL ends an idle session when it reads that its socket is closed.
public struct ConnectionHoardFault: FaultKind {
    public static let schema = FaultSchema(
        name: "connections.hoard",
        summary: "Holds idle PostgreSQL sessions until an ordinary role finds no slot, or bare TCP connections to a "
            + "listener or a link.",
        targets: [.postgres, .database, .cgroup, .process, .link],
        parameters: [
            ParameterSchema("count", .integer(1...20_000), "How many to hold. Bare connections need it."),
            ParameterSchema(
                "leave", .integer(0...10_000),
                "PostgreSQL, instead of a count: slots that ordinary roles have in all, those in use included; 0 when "
                    + "neither is given. Sessions beyond it stay until they end, and then their slots are taken."),
            ParameterSchema(
                "evict", .flag, default: "false",
                "With `leave`: ends sessions of users beyond it (pg_terminate_backend)."),
            ParameterSchema(
                "session", .text,
                "libpq settings of an ordinary role, such as `user=app dbname=app`; where the server is comes from the "
                    + "target, a password from PGPASSFILE. A scratch cluster has its own; for a target that is a connection "
                    + "string its role is the one."),
            ParameterSchema(
                "port", .integer(1...65_535), "For bare connections: where the target listens, if on several ports."),
        ],
        requirements: ["for PostgreSQL a role that is no superuser"],
        verifiedBy: "pg_stat_activity counts the sessions, and users have no more than was left; for bare ones "
            + "/proc/PID/net/tcp of the target shows them ESTABLISHED",
        undoneBy: "closing them and waiting until the server shows none; they end with the harness, whatever ends it")

    private enum Kind: Sendable {
        case sessions(PostgresServer, settings: String, SessionHoard.Size)
        case serverSessions(DatabaseAccess, SessionHoard.Size)
        case sockets(count: Int, port: Int?)
    }

    private let id: String
    private let target: ResolvedTarget
    private let kind: Kind
    private let keeper = HoardKeeper()
    private let made = HoardRecord()

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        id = specification.id
        let parameters = specification.parameters
        let count = parameters.integer("count")
        let left = parameters.integer("leave")
        let evicts = parameters.flag("evict") ?? false
        guard count == nil || left == nil else {
            throw FaultError("connections.hoard: give `count` or `leave`, not both")
        }
        guard count == nil || !evicts else { throw FaultError("connections.hoard: `evict` goes with `leave`") }
        let size = count.map { SessionHoard.Size.count($0) } ?? .leaving(left ?? 0, evicts: evicts)
        guard let server = target.postgres else {
            if let access = target.database {
                guard parameters.text("session") == nil, parameters.integer("port") == nil else {
                    throw FaultError(
                        "connections.hoard: \(target.id) is a connection string, which says where and as whom: no "
                            + "`session`, no `port`")
                }
                kind = .serverSessions(access, size)
                return
            }
            guard let count else {
                throw FaultError(
                    "connections.hoard: \(target.id) is no PostgreSQL cluster, so say how many with `count`")
            }
            guard !evicts, parameters.text("session") == nil else {
                throw FaultError("connections.hoard: `evict` and `session` are for a PostgreSQL cluster")
            }
            kind = .sockets(count: count, port: parameters.integer("port"))
            return
        }
        guard let settings = parameters.text("session") ?? target.session else {
            throw FaultError(
                "connections.hoard: name an ordinary role of \(server.dataDirectory), as in session: \"user=app dbname=app\""
            )
        }
        guard !settings.lowercased().contains("password") else {
            throw FaultError("connections.hoard: no password in a scenario; put it into the file that PGPASSFILE names")
        }
        kind = .sessions(server, settings: settings, size)
    }

    public func plan() async throws -> [Change] {
        let hoard: any ConnectionHoard
        let subject: String
        let value: String
        let most: Int
        switch kind {
        case .sessions(let server, let settings, let size):
            hoard = try SessionHoard(id, on: server, settings: settings, size: size, table: target.table)
            subject = "sessions of \(server.dataDirectory)"
            (value, most) = Self.amount(size)
        case .serverSessions(let access, let size):
            hoard = SessionHoard(id, on: access, size: size, table: target.table)
            subject = "sessions of \(access.place)"
            (value, most) = Self.amount(size)
        case .sockets(let count, let port):
            let listener = try await ListeningPort(of: target, port: port, for: Self.schema.name)
            hoard = SocketHoard(to: listener, count: count)
            (subject, value, most) = ("connections to port \(listener.port) of \(target.id)", "\(count) held", count)
        }
        made.current = hoard
        return [
            Change(
                subject: subject, prior: "none held", value: value, undo: .inProcess { [keeper] in await keeper.end() }
            ) { [keeper] in
                try await keeper.begin(hoard, size: most)
            }
        ]
    }

    private static func amount(_ size: SessionHoard.Size) -> (value: String, most: Int) {
        switch size {
        case .count(let count): ("\(count) held", count)
        // max_connections is known only to those who are in.
        case .leaving(let left, let evicts): ("\(left) slots left\(evicts ? ", others ended" : "")", 10_000)
        }
    }

    public func observe() async throws -> Observation { try await keeper.observe() }

    public func verify(before: Observation, now: Observation) -> Verification {
        made.current?.verify(now) ?? .notYet("it has just begun")
    }
}
