import Glibc
import LinuxSystem

/// Dumps a database, restores it into another and compares how many rows the tables have. pg_dump reads every row,
/// pg_restore builds every index and constraint anew.
struct ReloadIntegrity {
    /// Made for the check and dropped afterwards.
    static let scratchDatabase = "brink_reload"
    /// By its comment the database is known to be ours.
    private static let mark = "made by Brink to restore a dump into; may be dropped"

    let maintenance: PostgresSession
    /// Of the maintenance session.
    let connectionString: String
    let parameters: ConnectionParameters
    let options: PostgresSessionOptions
    let timeLimit: Duration
    let programs: String
    let scratchFolder: String

    func check(_ database: String, _ report: inout IntegrityReport) async {
        guard let folder = programFolder() else {
            report.miss(
                .reload, database, nil,
                "no pg_dump in \(programs) that knows version \(maintenance.serverVersion / 10_000); "
                    + "apt-get install postgresql-client")
            return
        }
        var template = Array("\(scratchFolder)/brink-dump-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            report.miss(
                .reload, database, nil,
                "no folder can be made in \(scratchFolder): \(String(cString: strerror(Glibc.errno)))")
            return
        }
        let scratch = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        await check(database, programs: folder, dump: "\(scratch)/dump", &report)
        unlink("\(scratch)/dump")
        rmdir(scratch)
    }

    private func check(
        _ database: String, programs: String, dump: String, _ report: inout IntegrityReport
    ) async {
        let source: [String: String]
        do throws(PostgresError) {
            guard try await holdsAnything(database) else { return }
            guard try await makeDatabase(like: database, &report) else { return }
        } catch {
            report.miss(.reload, database, nil, error.description)
            return
        }
        do throws(PostgresError) {
            guard let counted = try await dumpAndCount(database, programs, dump, &report) else {
                await dropDatabase(&report)
                return
            }
            source = counted
            guard await restore(database, programs, dump, &report) else {
                await dropDatabase(&report)
                return
            }
            let session = try await PostgresSession.connect(
                parameters.connectionString(database: Self.scratchDatabase), options: options)
            let restored = try await rowCounts(session)
            session.close()
            report.count(.reload)
            compare(source, restored, of: database, &report)
        } catch {
            report.sort(error, .reload, database)
        }
        await dropDatabase(&report)
    }

    /// Whether anybody has made anything in the database. One as it was created has nothing to dump: what its catalogs
    /// hold is read by the other checks. Ids from 16384 on are not the system's own (FirstNormalObjectId, access/transam.h).
    private func holdsAnything(_ database: String) async throws(PostgresError) -> Bool {
        let session = try await PostgresSession.connect(
            parameters.connectionString(database: database), options: options)
        defer { session.close() }
        let catalogs = ["pg_class", "pg_type", "pg_proc", "pg_namespace", "pg_extension", "pg_largeobject_metadata"]
        let found = catalogs.map { "EXISTS (SELECT FROM \($0) WHERE oid >= 16384)" }.joined(separator: " OR ")
        return try await session.query("SELECT \(found)")[0, 0] == "t"
    }

    // MARK: Programs

    /// Of the server's own version, or the next newer one: pg_dump reads older servers, not newer ones.
    private func programFolder() -> String? {
        let names = (try? SystemFile.entries(of: programs)) ?? []
        let version = Int(maintenance.serverVersion / 10_000)
        let fitting = names.compactMap { Int($0) }.filter { $0 >= version }.sorted()
        return fitting.map { "\(programs)/\($0)/bin" }
            .first { SystemFile.exists("\($0)/pg_dump") && SystemFile.exists("\($0)/pg_restore") }
    }

    /// Counts the rows in the same snapshot that pg_dump reads.
    private func dumpAndCount(
        _ database: String, _ programs: String, _ dump: String, _ report: inout IntegrityReport
    ) async throws(PostgresError) -> [String: String]? {
        let session = try await PostgresSession.connect(
            parameters.connectionString(database: database), options: options)
        defer { session.close() }
        try await session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        let exported = try await session.query("SELECT pg_export_snapshot()")
        guard !exported.isEmpty, let snapshot = exported[0, 0] else { return nil }
        let isDone = await run(
            ToolCall(
                "\(programs)/pg_dump",
                [
                    "--format=custom", "--compress=0", "--no-password", "--no-publications", "--no-subscriptions",
                    "--snapshot=\(snapshot)", "--file=\(dump)",
                ], environment: environment(database), timeLimit: timeLimit), database, &report)
        guard isDone else { return nil }
        return try await rowCounts(session)
    }

    private func restore(
        _ database: String, _ programs: String, _ dump: String, _ report: inout IntegrityReport
    ) async -> Bool {
        await run(
            ToolCall(
                "\(programs)/pg_restore",
                ["--no-password", "--dbname=\(Self.scratchDatabase)", dump],
                environment: environment(Self.scratchDatabase), timeLimit: timeLimit), database, &report)
    }

    private func environment(_ database: String) -> [String: String] {
        var environment = parameters.environment(database: database)
        environment["PATH"] = "/usr/bin:/bin"
        environment["LANG"] = "C"
        if let home = getenv("HOME") { environment["HOME"] = String(cString: home) }
        return environment
    }

    /// Runs a program on a thread of its own, which it ends with.
    private func run(_ call: ToolCall, _ database: String, _ report: inout IntegrityReport) async -> Bool {
        let outcome: Result<ToolCall.Result, SystemError> = await withCheckedContinuation { continuation in
            do throws(PostgresError) {
                try SessionThread.start {
                    do throws(SystemError) {
                        continuation.resume(returning: .success(try call.run()))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
            } catch {
                continuation.resume(
                    returning: .failure(SystemError(error.message, on: call.path, .resourceTemporarilyUnavailable)))
            }
        }
        let name = call.path.split(separator: "/").last.map(String.init) ?? call.path
        switch outcome {
        case .failure(let error):
            report.miss(.reload, database, nil, error.description)
        case .success(let result):
            switch result.end {
            case .exited(0): return true
            case .tooSlow: report.miss(.reload, database, nil, "\(name) took longer than \(timeLimit)")
            case .tooMuch: report.miss(.reload, database, nil, "\(name) said too much")
            case .exited(let code): explain(name, code, result.errors, database, &report)
            }
        }
        return false
    }

    /// What has another cause than the data, as libpq, PostgreSQL and strerror(3) word it in English: a program newer
    /// than the server, a connection that cannot be made or breaks, a full disk, a time limit.
    private static let otherCauses = [
        "unrecognized configuration parameter", "server version mismatch", "connection to server",
        "server closed the connection", "terminating connection", "too many clients", "canceling statement",
        "No space left on device", "could not open output file", "Permission denied",
    ]

    /// A dump that fails for a reason that is not known to be another counts as damage.
    private func explain(
        _ name: String, _ code: Int32, _ errors: [UInt8], _ database: String, _ report: inout IntegrityReport
    ) {
        let lines = String(decoding: errors, as: UTF8.self).split(separator: "\n").map(String.init)
        let told = lines.filter { $0.contains("error:") || $0.contains("ERROR:") }
        let damage = told.filter { line in !Self.otherCauses.contains(where: line.contains) }
        guard let first = damage.first else {
            report.miss(.reload, database, nil, "\(name) ended with \(code): \(lines.first ?? "it said nothing")")
            return
        }
        report.count(.reload)
        report.find(.reload, database, nil, first)
        for line in damage.dropFirst().prefix(4) { report.find(.reload, database, nil, line) }
    }

    // MARK: Databases

    /// - Returns: false when there is one of the name that is not ours.
    private func makeDatabase(
        like database: String, _ report: inout IntegrityReport
    ) async throws(PostgresError) -> Bool {
        let old = try await maintenance.query(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1",
            [Self.scratchDatabase])
        if !old.isEmpty {
            guard old[0, 0] == Self.mark else {
                report.miss(
                    .reload, database, nil,
                    "there is a database \(Self.scratchDatabase) that Brink did not make; rename or drop it")
                return false
            }
            try await maintenance.execute("DROP DATABASE \(Self.scratchDatabase) WITH (FORCE)")
        }
        let version = maintenance.serverVersion
        let locale = version >= 170_000 ? "datlocale" : version >= 150_000 ? "daticulocale" : "NULL"
        let provider = version >= 150_000 ? "datlocprovider" : "'c'"
        let command = try await maintenance.query(
            """
            SELECT format('CREATE DATABASE \(Self.scratchDatabase) TEMPLATE template0 ENCODING %L LC_COLLATE %L '
                'LC_CTYPE %L', pg_encoding_to_char(encoding), datcollate, datctype) || CASE \(provider)
                WHEN 'i' THEN format(' LOCALE_PROVIDER icu ICU_LOCALE %L', \(locale))
                WHEN 'b' THEN format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', \(locale))
                ELSE '' END
            FROM pg_database WHERE datname = $1
            """, [database])
        guard !command.isEmpty, let sql = command[0, 0] else {
            throw PostgresError(kind: .unsupported, message: "the database is no longer there")
        }
        do throws(PostgresError) {
            try await maintenance.execute(sql)
            try await maintenance.execute("COMMENT ON DATABASE \(Self.scratchDatabase) IS '\(Self.mark)'")
        } catch {
            // It was not there a moment ago: unless somebody else was faster, it is ours.
            if error.kind != .server("42P04") { await dropDatabase(&report) }
            throw error
        }
        return true
    }

    private func dropDatabase(_ report: inout IntegrityReport) async {
        // Also when the check was cancelled, which closed a session that was at work: nothing is left behind.
        let failure: PostgresError? = await Task {
            do throws(PostgresError) {
                let session = try await PostgresSession.connect(connectionString, options: options)
                defer { session.close() }
                try await session.execute("DROP DATABASE IF EXISTS \(Self.scratchDatabase) WITH (FORCE)")
                return nil
            } catch {
                return error
            }
        }.value
        if let failure {
            report.notes.append("the database \(Self.scratchDatabase) is still there: \(failure)")
        }
    }

    /// By quoted name, of all tables whose rows are in a dump. Those of extensions are made by the extension.
    private func rowCounts(_ session: PostgresSession) async throws(PostgresError) -> [String: String] {
        let tables = try await session.query(
            """
            SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
            WHERE relkind = 'r' AND relpersistence <> 't' AND nspname <> 'information_schema'
            AND nspname NOT LIKE 'pg\\_%' AND NOT EXISTS (
                SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
            """)
        var counts: [String: String] = [:]
        for row in 0..<tables.count {
            guard let table = tables[row, 0] else { continue }
            let count = try await session.query("SELECT count(*) FROM ONLY \(table)")
            counts[table] = count.isEmpty ? nil : count[0, 0]
        }
        return counts
    }

    private func compare(
        _ source: [String: String], _ restored: [String: String], of database: String,
        _ report: inout IntegrityReport
    ) {
        for table in Set(source.keys).union(restored.keys).sorted() where source[table] != restored[table] {
            report.find(
                .reload, database, table,
                "\(source[table] ?? "no") rows were dumped, \(restored[table] ?? "no") came back")
        }
    }
}
