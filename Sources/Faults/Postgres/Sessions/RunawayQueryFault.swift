import Engine
import Postgres
import Scenarios
import Synchronization

/// Queries that take more than their share.
public struct RunawayQueryFault: SessionFault {
    public static let schema = FaultSchema(
        name: "postgres.runaway_query",
        summary: "Queries that do not end and take a CPU each, or that spill to temporary files or take memory, again "
            + "and again; they read no table.",
        targets: [.database],
        parameters: [
            ParameterSchema("kind", .choice(Kind.allCases.map(\.rawValue)), required: true, "What they take."),
            ParameterSchema("sessions", .integer(1...1000), default: "1", "How many at once."),
            ParameterSchema("workMem", .bytes, default: "64KiB", "For spill: their work_mem, 64KiB or more."),
            ParameterSchema(
                "limit", .bytes,
                "For spill and memory: how much each takes at most, in the data that it sorts or keeps; 1GiB of temporary "
                    + "files, 64MiB of memory when left out."),
        ],
        requirements: [],
        verifiedBy: "pg_stat_activity shows them active; for spill the server counts temporary files, for memory the "
            + "session tells its own (pg_backend_memory_contexts) where its role may read that",
        undoneBy: FaultSchema.closingSessions)

    enum Kind: String, CaseIterable, Sendable {
        case cpu, spill, memory
    }

    let holder: SessionHolder
    private let kind: Kind
    private let sessions: Int
    private let workMemory: UInt64
    private let limit: UInt64
    private let reached = Peak()

    /// The most memory that a session has told of.
    private final class Peak: Sendable {
        private let bytes = Mutex<Int?>(nil)

        var value: Int? { bytes.withLock { $0 } }
        func see(_ more: Int) { bytes.withLock { $0 = max($0 ?? 0, more) } }
    }

    /// One array may have 1 GiB (MaxAllocSize), and is there twice when it is made.
    private static let mostMemory: UInt64 = 1 << 30
    /// Of one row that is sorted or kept, about.
    private static let rowSize: UInt64 = 1024

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        holder = SessionHolder(specification.id, on: try target.requireDatabase(for: specification.name))
        let parameters = specification.parameters
        kind = parameters.text("kind").flatMap(Kind.init) ?? .cpu
        sessions = parameters.integer("sessions") ?? 1
        workMemory = parameters.bytes("workMem") ?? 65_536
        limit = parameters.bytes("limit") ?? (kind == .memory ? 64 << 20 : 1 << 30)
        guard (65_536...(1 << 40)).contains(workMemory), (1 << 20...(1 << 50)).contains(limit) else {
            throw FaultError("\(specification.name): `workMem` is 64KiB or more, `limit` 1MiB or more")
        }
        guard kind != .spill || limit > 2 * workMemory else {
            throw FaultError("\(specification.name): a `limit` within twice `workMem` would not spill")
        }
        guard kind != .memory || limit <= Self.mostMemory else {
            throw FaultError("\(specification.name): a session takes 1GiB at most; give more `sessions`")
        }
    }

    func setUp() async throws -> SessionPlan {
        let session: HeldSession
        let value: String
        switch kind {
        case .cpu:
            // Five small series in nested loops: 10^15 rows, none of them kept.
            let series = (1...5).map { "generate_series(1, 1000) s\($0)" }.joined(separator: ", ")
            session = HeldSession(
                ["SET max_parallel_workers_per_gather = 0", "SET jit = off"],
                then: .lasting("SELECT count(*) FROM \(series)"))
            value = "one CPU each"
        case .spill:
            session = try await spilling()
            value = "up to \(limit) bytes of temporary files each"
        case .memory:
            session = try await hoarding()
            value = "up to \(limit) bytes of memory each"
        }
        return SessionPlan(
            subject: "queries of \(holder.name)", value: "\(sessions) running: \(value)",
            sessions: Array(repeating: session, count: sessions))
    }

    private func spilling() async throws -> HeldSession {
        // A superuser's bound is hard; without, the number of rows is the bound, and merging takes no more than the data.
        let isSuperuser = try await holder.ask("SELECT current_setting('is_superuser')")[0, 0] == "on"
        let bound = isSuperuser ? ["SET temp_file_limit = \(limit / 1024)"] : []
        let rows = limit / Self.rowSize / 2
        return HeldSession(
            ["SET work_mem = \(workMemory / 1024)", "SET max_parallel_workers_per_gather = 0"] + bound,
            then: .cycle(pause: .zero) { session in
                try await session.query(
                    """
                    SELECT count(*) FROM (
                        SELECT i FROM (SELECT hashint8(i) AS key, repeat('x', 960) AS filling, i
                                       FROM generate_series(1, \(rows)::bigint) i OFFSET 0) made
                        ORDER BY key, filling OFFSET 0) sorted
                    """, timeout: SessionHolder.forEver)
                return 1
            })
    }

    private func hoarding() async throws -> HeldSession {
        let rows = limit / Self.rowSize / 2
        // Since PostgreSQL 14.
        let tells = try await holder.ask(
            """
            SELECT to_regclass('pg_catalog.pg_backend_memory_contexts') IS NOT NULL
               AND has_table_privilege(to_regclass('pg_catalog.pg_backend_memory_contexts'), 'SELECT')
            """)[0, 0]
        let told = tells == "t" ? "(SELECT sum(total_bytes) FROM pg_backend_memory_contexts)" : "NULL"
        return HeldSession(
            ["SET work_mem = '1GB'", "SET max_parallel_workers_per_gather = 0"],
            then: .cycle(pause: .zero) { [reached] session in
                let answer = try await session.query(
                    """
                    SELECT cardinality(kept), \(told), pg_sleep(0.5)
                    FROM (SELECT array_agg(repeat('x', 960) || i) AS kept FROM generate_series(1, \(rows)) i OFFSET 0) made
                    """, timeout: SessionHolder.forEver)
                if let bytes = answer[0, 1].flatMap({ Int($0) }) { reached.see(bytes) }
                return 1
            })
    }

    func look() async throws -> Observation {
        let rows = try await holder.ask(
            """
            SELECT (SELECT count(*) FROM pg_stat_get_activity(NULL) WHERE pid = ANY ($1::int[]) AND state = 'active'),
                   temp_files, temp_bytes FROM pg_stat_database WHERE datname = current_database()
            """, [await holder.workingPIDs.sqlArray])
        var seen = ["active": rows.number(0), "files": rows.number(1), "bytes": rows.number(2)]
        seen["done"] = Double(await holder.tally["done"] ?? 0)
        seen["memory"] = reached.value.map(Double.init)
        if kind == .spill { seen["open"] = try await openFiles() }
        return seen
    }

    /// Temporary files that the sessions have at this moment; nil where the role may not look.
    private func openFiles() async throws -> Double? {
        let mayLook = try await holder.ask("SELECT has_function_privilege('pg_catalog.pg_ls_tmpdir()', 'EXECUTE')")
        guard mayLook[0, 0] == "t" else { return nil }
        let names = await holder.workingPIDs.map { "pgsql_tmp\($0)." }
        // A shared file set is a folder, and is not of theirs.
        return try await holder.ask(
            "SELECT count(*) FROM pg_ls_tmpdir() f, unnest($1::text[]) n WHERE starts_with(f.name, n)",
            ["{\(names.joined(separator: ","))}"]
        ).number(0)
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let active = Int(now["active"] ?? 0)
        let text = "\(active) of \(sessions) queries run"
        switch kind {
        case .cpu: return active >= sessions ? .seen(text) : .notYet(text)
        case .spill:
            let files = Int((now["files"] ?? 0) - (before["files"] ?? 0))
            let open = Int(now["open"] ?? 0)
            // The server counts a file when it is done with, and whoever made it.
            guard active > 0, open > 0 || (files > 0 && now["done"] ?? 0 > 0) else {
                return .notYet("\(text); no temporary file of theirs is seen")
            }
            return .seen("\(text); \(open) temporary files are theirs now, \(files) were used up in the database")
        case .memory:
            guard let memory = now["memory"] else {
                return active >= sessions && now["done"] ?? 0 > 0 ? .seen(text) : .notYet(text)
            }
            // It keeps half of the limit, and the other half while it makes the array.
            guard memory >= Double(limit / 2) else { return .notYet("\(text); it has taken \(Int(memory)) bytes") }
            return .seen("\(text); one has taken \(Int(memory)) bytes")
        }
    }
}
