import Engine
import Postgres
import Scenarios

/// Errors that the server really answers with, to sessions of Brink's own.
public struct ProvokedErrorsFault: SessionFault {
    public static let schema = FaultSchema(
        name: "postgres.errors",
        summary:
            "Provokes one kind of error again and again, in temporary tables and transactions that are rolled back: "
            + "for logs, alarms and whatever watches the server's errors.",
        targets: [.database],
        parameters: [
            ParameterSchema("kind", .choice(Kind.allCases.map(\.rawValue)), required: true, "Which error."),
            ParameterSchema("pause", .duration, default: "100ms", "Between one error of a session and the next."),
            ParameterSchema("sessions", .integer(1...1000), default: "1", "How many sessions, or pairs of them."),
        ],
        requirements: [
            "for serialization and temp_file_limit a superuser",
            "for constraints and cached_plan a role that may make temporary tables",
        ],
        verifiedBy: "the server answered with its SQLSTATE, and with no other", undoneBy: FaultSchema.closingSessions)

    /// As the parameter spells it.
    enum Kind: String, CaseIterable, Sendable {
        case syntax, division
        case undefinedTable = "undefined_table"
        case notNull = "not_null"
        case unique
        case foreignKey = "foreign_key"
        case check, exclusion
        case statementTimeout = "statement_timeout"
        case lockTimeout = "lock_timeout"
        case cancel, serialization
        case temporaryFileLimit = "temp_file_limit"
        case cachedPlan = "cached_plan"

        /// PostgreSQL, "PostgreSQL Error Codes".
        var sqlState: String {
            switch self {
            case .syntax: "42601"
            case .division: "22012"
            case .undefinedTable: "42P01"
            case .notNull: "23502"
            case .unique: "23505"
            case .foreignKey: "23503"
            case .check: "23514"
            case .exclusion: "23P01"
            case .statementTimeout, .cancel: "57014"
            case .lockTimeout: "55P03"
            case .serialization: "40001"
            case .temporaryFileLimit: "53400"
            case .cachedPlan: "0A000"
            }
        }

        fileprivate var needsSuperuser: Bool { self == .serialization || self == .temporaryFileLimit }
    }

    let holder: SessionHolder
    private let kind: Kind
    private let pause: Duration
    private let sessions: Int

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        holder = SessionHolder(specification.id, on: try target.requireDatabase(for: specification.name))
        kind = specification.parameters.text("kind").flatMap(Kind.init) ?? .syntax
        pause = specification.parameters.duration("pause") ?? .milliseconds(100)
        sessions = specification.parameters.integer("sessions") ?? 1
    }

    func setUp() async throws -> SessionPlan {
        if kind.needsSuperuser, try await holder.ask("SELECT current_setting('is_superuser')")[0, 0] != "on" {
            throw FaultError("\(Self.schema.name): \(kind.rawValue) needs a superuser")
        }
        return SessionPlan(
            subject: "errors of \(holder.name)", value: "SQLSTATE \(kind.sqlState) every \(pause.short)",
            sessions: Array(repeating: session, count: sessions))
    }

    /// A table that goes with its session, with one row that others can offend.
    private static let constraints = """
        CREATE TEMPORARY TABLE brink_errors (
            id int PRIMARY KEY, value int NOT NULL CHECK (value > 0), parent int REFERENCES brink_errors,
            span int4range, EXCLUDE USING gist (span WITH &&));
        INSERT INTO brink_errors VALUES (1, 1, 1, '[1,10)')
        """

    private var session: HeldSession {
        switch kind {
        case .syntax: repeated("SELEC 1")
        case .division: repeated("SELECT 1 / 0")
        case .undefinedTable: repeated("SELECT 1 FROM pg_temp.brink_is_not_there")
        case .notNull: offending("(2, NULL, 1, NULL)")
        case .unique: offending("(1, 1, 1, NULL)")
        case .foreignKey: offending("(2, 1, 3, NULL)")
        case .check: offending("(2, 0, 1, NULL)")
        case .exclusion: offending("(2, 1, 1, '[5,6)')")
        case .statementTimeout: repeated("SELECT pg_sleep(60)", ["SET statement_timeout = '20ms'"])
        case .temporaryFileLimit:
            repeated(
                "SELECT count(*) FROM (SELECT i FROM generate_series(1, 100000) i ORDER BY -i OFFSET 0) sorted",
                ["SET work_mem = '64kB'", "SET temp_file_limit = '64kB'"])
        case .cachedPlan:
            // A prepared statement stays when its transaction is rolled back, the new column does not.
            repeated(
                """
                DEALLOCATE ALL; BEGIN; PREPARE brink_plan AS SELECT * FROM pg_temp.brink_errors;
                ALTER TABLE pg_temp.brink_errors ADD COLUMN more int; EXECUTE brink_plan
                """, ["CREATE TEMPORARY TABLE brink_errors (id int)"])
        case .cancel: HeldSession(then: .cycle(pause: pause) { try await ProvokedErrorsFault.cancel($0) })
        case .lockTimeout: HeldSession(then: .pair(pause: pause) { try await ProvokedErrorsFault.wait($0, $1) })
        case .serialization:
            HeldSession(
                ["CREATE TEMPORARY TABLE brink_errors (id int)"],
                then: .pair(pause: pause) { try await ProvokedErrorsFault.serialize($0, $1) })
        }
    }

    private func repeated(_ statement: String, _ script: [String] = []) -> HeldSession {
        HeldSession(
            script,
            then: .cycle(pause: pause) { session in
                try await session.execute(statement)
                return 0
            })
    }

    private func offending(_ row: String) -> HeldSession {
        repeated("INSERT INTO brink_errors VALUES \(row)", [Self.constraints])
    }

    /// Cancels a result in its middle: rows have come, more would.
    private static func cancel(_ session: PostgresSession) async throws -> Int {
        let canceller = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: .milliseconds(30))
                // One that comes before the statement is there hits nothing; the next one does.
                try await session.cancel()
            }
        }
        defer { canceller.cancel() }
        try await session.execute("SELECT i, pg_sleep(0.001) FROM generate_series(1, 1000000) i")
        return 0
    }

    private static func wait(_ first: PostgresSession, _ second: PostgresSession) async throws -> Int {
        // A pair that no other makes: Brink's own number, and the server process of the first.
        let lock = "SELECT pg_advisory_xact_lock(1112689995, \(first.backendPID))"
        try await first.execute("BEGIN; \(lock)")
        try await second.execute("BEGIN; SET LOCAL lock_timeout = '20ms'; \(lock)")
        return 0
    }

    /// The row that both want is the catalog's of a temporary table, which goes with its session. Anything else that two
    /// sessions share would have to be committed, and left behind when the harness dies.
    private static func serialize(_ first: PostgresSession, _ second: PostgresSession) async throws -> Int {
        let table = try await first.query("SELECT 'pg_temp.brink_errors'::regclass::oid")
        try await second.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1")
        try await first.execute("ALTER TABLE pg_temp.brink_errors SET (fillfactor = 90)")
        try await second.execute("SELECT 1 FROM pg_class WHERE oid = \(table[0, 0] ?? "0") FOR UPDATE")
        return 0
    }

    func look() async throws -> Observation {
        let tally = await holder.tally
        let states = tally.filter { $0.key.utf8.count == 5 }
        let expected = states[kind.sqlState] ?? 0
        return ["met": Double(expected), "others": Double(states.values.reduce(0, +) - expected)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let (met, others) = (Int(now["met"] ?? 0), Int(now["others"] ?? 0))
        guard met > 0 else { return .notYet("SQLSTATE \(kind.sqlState) was not met so far") }
        guard others == 0 else { return .notYet("\(others) other errors than SQLSTATE \(kind.sqlState) were met") }
        return .seen("SQLSTATE \(kind.sqlState) was met \(met) times, and no other")
    }
}
