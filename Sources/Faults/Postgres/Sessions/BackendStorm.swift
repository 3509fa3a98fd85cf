import Engine
import Postgres
import Scenarios

/// Sessions of others that are hit again and again by a function that signals their server processes.
///
/// Brink's own, and those of replication, are never among them.
struct BackendStorm: Sendable {
    /// How many at a time.
    private enum Size: Sendable {
        case count(Int)
        case share(Double)
    }

    static let parameters = [
        ParameterSchema("application", .text, "Only sessions with this application_name."),
        ParameterSchema("user", .text, "Only sessions of this role."),
        ParameterSchema("database", .text, "Only sessions in this database."),
        ParameterSchema("pause", .duration, default: "500ms", "Between one blow and the next."),
        ParameterSchema(
            "count", .integer(0...100_000), "How many at a time, chosen at random; 0 for all, 1 when nothing is given."),
        ParameterSchema("share", .fraction(0.001...1), "Instead of a count: the share of them that is hit at a time."),
    ]
    static let requirements = [
        "a superuser, or a role with pg_signal_backend and pg_read_all_stats, which reaches no superuser's sessions"
    ]

    let holder: SessionHolder
    private let fault: String
    private let function: String
    /// Further condition of SQL.
    private let condition: String
    private let filters: [String?]
    private let pause: Duration
    private let size: Size

    init(
        _ specification: FaultSpecification, on target: ResolvedTarget, function: String, condition: String
    ) throws(FaultError) {
        holder = SessionHolder(specification.id, on: try target.requireDatabase(for: specification.name))
        fault = specification.name
        self.function = function
        self.condition = condition
        let parameters = specification.parameters
        filters = ["application", "user", "database"].map { parameters.text($0) }
        pause = parameters.duration("pause") ?? .milliseconds(500)
        let count = parameters.integer("count")
        guard let share = parameters.fraction("share") else {
            size = .count(count ?? 1)
            return
        }
        guard count == nil else { throw FaultError("\(fault): give `count` or `share`, not both") }
        size = .share(share)
    }

    /// Without pg_read_all_stats it is hidden which sessions of others are clients', and which are at work.
    func setUp() async throws -> SessionPlan {
        let rows = try await holder.ask(
            """
            SELECT current_user, current_setting('is_superuser') = 'on'
                OR (pg_has_role('pg_signal_backend', 'USAGE') AND pg_has_role('pg_read_all_stats', 'USAGE'))
            """)
        guard rows[0, 1] == "t" else {
            throw FaultError(
                "\(fault): \(rows[0, 0] ?? "the role") may not: GRANT pg_signal_backend, pg_read_all_stats to it, or connect "
                    + "as a superuser")
        }
        let (sql, parameters) = blow
        return SessionPlan(
            subject: "sessions of clients", value: "\(function) again and again, every \(pause.short)",
            sessions: [
                HeldSession(then: .cycle(pause: pause) { Int(try await $0.query(sql, parameters).number(0)) })
            ])
    }

    private var blow: (sql: String, parameters: [String?]) {
        let limit =
            switch size {
            case .count(0): "true"
            case .count(let count): "place <= \(count)"
            case .share(let share): "place <= ceil(\(share) * number)"
            }
        let sql = """
            WITH chosen AS MATERIALIZED (
                SELECT a.pid, count(*) OVER () AS number, row_number() OVER (ORDER BY random()) AS place
                FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid
                WHERE \(BackendChoice.isOfClient) AND a.pid <> pg_backend_pid()
                  AND (NOT r.rolsuper OR current_setting('is_superuser') = 'on') AND \(condition)
                  AND ($1::text IS NULL OR a.application_name = $1) AND ($2::text IS NULL OR a.usename = $2)
                  AND ($3::text IS NULL OR a.datname = $3))
            SELECT count(*) FILTER (WHERE hit)
            FROM (SELECT \(function)(pid) AS hit FROM chosen WHERE \(limit)) blow
            """
        return (sql, filters)
    }

    func look() async throws -> Observation { ["hit": Double(await holder.tally["done"] ?? 0)] }

    func verify(_ now: Observation) -> Verification {
        let hit = Int(now["hit"] ?? 0)
        return hit > 0 ? .seen("\(function) has hit \(hit) times") : .notYet("no session to hit was met so far")
    }
}
