/// Looks whether a running server still has all of its data in order, after whatever was done to it. Changes nothing
/// that stays: an extension that it needs is rolled back, the database that it restores into is dropped.
public struct ServerIntegrity: Sendable {
    public let connectionString: String
    public var checks: Set<IntegrityCheck>
    /// These alone; nil for every database that takes connections. Only those are reloaded that are no templates.
    public var databases: [String]?
    /// How long one statement, or one run of pg_dump or pg_restore, may take; a cancelled check still waits for these
    /// two.
    public var timeLimit: Duration
    /// Where Debian keeps PostgreSQL's programs, by version.
    public var programs: String
    /// An existing folder with room for a dump.
    public var scratchFolder: String

    /// - Parameter connectionString: of a superuser.
    public init(
        _ connectionString: String, checks: Set<IntegrityCheck> = Set(IntegrityCheck.allCases),
        databases: [String]? = nil, timeLimit: Duration = .seconds(600), programs: String = "/usr/lib/postgresql",
        scratchFolder: String = "/tmp"
    ) {
        self.connectionString = connectionString
        self.checks = checks
        self.databases = databases
        self.timeLimit = timeLimit
        self.programs = programs
        self.scratchFolder = scratchFolder
    }

    /// - Throws: when the server cannot be asked at all or the user is no superuser; later failures are in the report.
    public func check() async throws(PostgresError) -> IntegrityReport {
        let parameters = try ConnectionParameters(connectionString)
        let options = PostgresSessionOptions(statementTimeout: timeLimit, applicationName: "brink-integrity")
        let session = try await PostgresSession.connect(connectionString, options: options)
        defer { session.close() }
        let role = try await session.query("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        guard !role.isEmpty, role[0, 0] == "t" else {
            throw PostgresError(
                kind: .unsupported, message: "the user is no superuser", hint: "amcheck and pg_dump see all only as one"
            )
        }
        var report = IntegrityReport(checks: checks)
        for database in try await list(session) {
            await check(database.name, parameters, options, &report)
            guard checks.contains(.reload), !database.isTemplate else { continue }
            let reload = ReloadIntegrity(
                maintenance: session, connectionString: connectionString, parameters: parameters, options: options,
                timeLimit: timeLimit, programs: programs, scratchFolder: scratchFolder)
            await reload.check(database.name, &report)
        }
        if checks.contains(.checksums) {
            // What was read without a complaint is sound now, whatever was noticed earlier.
            let readsAll = checks.isSuperset(of: [.btreeIndexes, .heaps, .reload]) && databases == nil
            let isSound = readsAll && report.findings.isEmpty && report.unchecked.isEmpty
            await ChecksumIntegrity(session: session, isSoundNow: isSound).check(&report)
        }
        return report
    }

    private func list(_ session: PostgresSession) async throws(PostgresError) -> [(name: String, isTemplate: Bool)] {
        // A limit of -2 marks a database whose DROP was interrupted.
        let rows = try await session.query(
            """
            SELECT datname, datistemplate FROM pg_database
            WHERE datallowconn AND datconnlimit <> -2 AND datname <> $1 ORDER BY datname
            """, [ReloadIntegrity.scratchDatabase])
        return (0..<rows.count).compactMap { row in
            guard let name = rows[row, 0], databases?.contains(name) ?? true else { return nil }
            return (name, rows[row, 1] == "t")
        }
    }

    private func check(
        _ database: String, _ parameters: ConnectionParameters, _ options: PostgresSessionOptions,
        _ report: inout IntegrityReport
    ) async {
        let wanted = checks.intersection([.btreeIndexes, .heaps, .foreignKeys])
        guard !wanted.isEmpty else { return }
        do throws(PostgresError) {
            let session = try await PostgresSession.connect(
                parameters.connectionString(database: database), options: options)
            defer { session.close() }
            let relations = RelationIntegrity(
                session: session, database: database, checks: wanted.intersection([.btreeIndexes, .heaps]))
            await relations.check(&report)
            if wanted.contains(.foreignKeys) {
                await ForeignKeyIntegrity(session: session, database: database).check(&report)
            }
        } catch {
            for check in wanted { report.miss(check, database, nil, error.description) }
        }
    }
}
