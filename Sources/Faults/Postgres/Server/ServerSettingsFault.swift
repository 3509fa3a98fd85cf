import Engine
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// Changes settings of a server, as ALTER SYSTEM does, and puts the file back byte for byte.
public struct ServerSettingsFault: FaultKind {
    public static let schema = FaultSchema(
        name: "postgres.settings",
        summary: "Changes settings of the whole server as ALTER SYSTEM does, such as statement_timeout, work_mem, "
            + "default_transaction_isolation or pre_auth_delay.",
        targets: [.postgres],
        parameters: [
            ParameterSchema(
                "set", .text, required: true, "NAME=VALUE, several with semicolons between: `work_mem=64kB; jit=off`."),
            ParameterSchema(
                "restart", .flag, default: "false",
                "Restarts the server (fast), as settings such as max_connections need; once more when it is taken back."
            ),
        ],
        requirements: ["a role that may read all settings"],
        verifiedBy:
            "pg_conf_load_time() moves on, pg_file_settings shows the lines applied, pg_settings none that waits "
            + "for a restart",
        undoneBy: "putting the bytes of postgresql.auto.conf back, then SIGHUP or a restart")

    private let target: ResolvedTarget
    private let server: PostgresServer
    private let access: DatabaseAccess
    private let settings: [(name: String, value: String)]
    private let restarts: Bool

    /// What would run programs, move files, or keep Brink from finding the server: not to be changed by a scenario.
    private static func isRefused(_ name: String) -> Bool {
        ["_command", "_library", "_libraries", "_file", "_directory", "_directories", "_control_path", "library_path"]
            .contains {
                name.hasSuffix($0)
            } || ["listen_addresses", "port", "allow_system_table_mods", "ssl"].contains(name) || name.hasPrefix("ssl_")
            || name.contains(".")
    }

    /// What may lose or damage data that putting the file back does not bring back: for clusters of the run alone.
    private static let lossy: Set<String> = [
        "fsync", "full_page_writes", "ignore_checksum_failure", "ignore_invalid_pages", "max_slot_wal_keep_size",
        "wal_level", "wal_sync_method", "zero_damaged_pages",
    ]

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        server = try target.requirePostgres(for: specification.name)
        access = try target.requireDatabase(for: specification.name)
        restarts = specification.parameters.flag("restart") ?? false
        var settings: [(name: String, value: String)] = []
        for part in (specification.parameters.text("set") ?? "").split(separator: ";") {
            let sides = part.split(separator: "=", maxSplits: 1).map(ServerSettingsFault.trimmed)
            guard sides.count == 2,
                sides[0].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") })
            else { throw FaultError("postgres.settings: \"\(part)\" is not NAME=VALUE") }
            // PostgreSQL takes a name in any case.
            let name = sides[0].lowercased()
            guard !Self.isRefused(name) else {
                throw FaultError("refused: postgres.settings: a scenario may not change \(name)")
            }
            guard target.isScratchCluster || !Self.lossy.contains(name) else {
                throw FaultError(
                    "refused: postgres.settings: \(name) can cost data for good: only on a cluster that the scenario starts"
                )
            }
            settings.append((name, sides[1]))
        }
        guard !settings.isEmpty else { throw FaultError("postgres.settings: set nothing is no fault") }
        self.settings = settings
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop { $0.isWhitespace }
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return String(text)
    }

    public func plan() async throws -> [Change] {
        let lines = settings.map { setting in
            let value = setting.value.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
            return "\(setting.name) = '\(value)'\n"
        }
        let file = try server.automaticConfiguration(adding: lines.joined(), needsRestart: restarts)
        return [
            Change(
                subject: file.path, prior: "\(file.prior.count) bytes",
                value: settings.map { "\($0.name)=\($0.value)" }.joined(separator: "; "),
                undo: .restoring(file, of: target)
            ) { [server, restarts] in
                try await Blocking.run { try file.write(file.injected) }
                // The server reads the file for this view without taking anything into force.
                try await confirmSane()
                try await Blocking.run {
                    guard restarts else { return try server.reload() }
                    try server.stop(.fast, within: .seconds(60))
                    _ = try server.start()
                    try server.waitUntilReady(within: .seconds(120))
                }
            }
        ]
    }

    /// - Throws: what the server finds wrong with a value. Whether it needs a restart is seen when it is in force.
    private func confirmSane() async throws {
        // What only a restart brings into force cannot be applied now, and that is no mistake.
        let rows = try await ask(
            """
            SELECT f.name, f.error FROM pg_file_settings f LEFT JOIN pg_settings s ON s.name = f.name
            WHERE f.error IS NOT NULL AND f.name = ANY ($1) AND s.context IS DISTINCT FROM 'postmaster'
            """)
        guard rows.isEmpty else {
            throw FaultError("postgres.settings: \(rows[0, 0] ?? "?"): \(rows[0, 1] ?? "?")")
        }
    }

    private func ask(_ sql: String) async throws -> PostgresRows {
        let session = try await access.open("brink-settings")
        defer { session.close() }
        return try await session.query(sql, ["{\(settings.map(\.name).joined(separator: ","))}"])
    }

    public func observe() async throws -> Observation {
        // A server that restarts shows nothing; it is asked again.
        guard
            let rows = try? await ask(
                """
                SELECT extract(epoch FROM pg_conf_load_time()),
                       (SELECT count(*) FROM pg_file_settings f WHERE f.applied AND f.name = ANY ($1)
                          AND f.sourcefile LIKE '%/postgresql.auto.conf'),
                       (SELECT count(*) FROM pg_settings s WHERE s.pending_restart AND s.name = ANY ($1))
                """)
        else { return [:] }
        return ["loaded": rows.number(0), "applied": rows.number(1), "pending": rows.number(2)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let names = settings.map(\.name).joined(separator: ", ")
        guard let loaded = now["loaded"], loaded > before["loaded"] ?? 0 else {
            return .notYet("the server has not read the file again")
        }
        if now["pending"] ?? 0 > 0 { return .notYet("some of \(names) wait for a restart: say restart: true") }
        guard Int(now["applied"] ?? 0) >= settings.count else { return .notYet("\(names): not applied from the file") }
        return .seen("the server has read \(names) from postgresql.auto.conf")
    }
}
