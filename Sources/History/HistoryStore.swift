import Events
import Foundation
import GRDB
import LinuxSystem
import Reports

/// All runs of a host, in one SQLite file that several processes write at once.
///
/// The oldest runs go first when there are more than the limit; a run takes about 2 KB, so 10,000 of them about 20 MB.
/// What was committed in the last moments before a power cut may be missing afterwards (`synchronous = NORMAL`); the
/// file stays whole.
public struct HistoryStore: Sendable {
    public static let fileName = "history.sqlite"
    /// How many runs are kept.
    public static let usualLimit = 10_000

    private let path: String
    private let limit: Int
    private let queue: DatabaseQueue

    /// Opens the file, and makes it, 0600, where it is missing.
    ///
    /// - Parameters:
    ///   - path: in a folder that is there.
    ///   - limit: how many runs are kept, at least 1.
    ///   - patience: how long to wait for other processes that write, in seconds.
    public init(path: String, limit: Int = usualLimit, patience: Double = 10) throws(HistoryError) {
        self.path = path
        self.limit = max(1, limit)
        do {
            // Made with its mode; SQLite gives the files beside it the same.
            try OwnedDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600).close()
            var configuration = Configuration()
            configuration.label = "history"
            configuration.busyMode = .timeout(patience)
            configuration.journalMode = .wal
            queue = try HistoryStore.open(path, configuration, patience)
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = NORMAL")
                try HistorySchema.prepare(database)
            }
        } catch {
            throw HistoryError(path: path, doing: "open", reason: "\(error)")
        }
    }

    /// The change to a write-ahead log needs the file for itself for a moment, and SQLite does not wait for that.
    private static func open(_ path: String, _ configuration: Configuration, _ patience: Double) throws
        -> DatabaseQueue
    {
        let end = MonotonicClock.now() + .seconds(patience)
        while true {
            do {
                return try DatabaseQueue(path: path, configuration: configuration)
            } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY && MonotonicClock.now() < end {
                MonotonicClock.pause(milliseconds: 20)
            }
        }
    }

    // MARK: Writing

    /// A run has begun. One that is there already is replaced.
    public func begin(_ record: RunRecord) throws(HistoryError) {
        try write { database in
            try HistoryStore.insert(record, database)
            try database.execute(
                sql: """
                    DELETE FROM run WHERE number <=
                        (SELECT number FROM run ORDER BY number DESC LIMIT 1 OFFSET ?)
                    """, arguments: [limit])
        }
    }

    /// A run has ended; its record takes the place of the one with which it began.
    public func end(_ record: RunRecord) throws(HistoryError) {
        try write { database in
            try database.execute(
                sql: """
                    UPDATE run SET verdict = ?, reason = ?, exitCode = ?, hostRestored = ?, seconds = ? WHERE run = ?
                    """,
                arguments: [
                    record.verdict?.rawValue, record.reason, record.exitCode, record.hostRestored, record.seconds,
                    record.run,
                ])
            if database.changesCount == 0 { try HistoryStore.insert(record, database) }
            try HistoryStore.putFigures(of: record, database)
        }
    }

    private func write(_ updates: (Database) throws -> Void) throws(HistoryError) {
        do {
            try queue.writeWithoutTransaction { database in
                try database.inTransaction(.immediate) {
                    try updates(database)
                    return .commit
                }
            }
        } catch {
            throw HistoryError(path: path, doing: "write", reason: "\(error)")
        }
    }

    private static func insert(_ record: RunRecord, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT OR REPLACE INTO run (run, scenario, domain, category, tags, suite, attempt, startedAt, verdict,
                    reason, exitCode, hostRestored, seconds, seed, weaknesses, profile, gitCommit, gitBranch,
                    environment, fingerprint, brinkVersion, folder)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                record.run, record.scenario, record.domain, record.category, try JSONColumn.text(record.tags),
                record.suite, record.attempt, record.startedAt, record.verdict?.rawValue, record.reason,
                record.exitCode, record.hostRestored, record.seconds, "\(record.seed)",
                try JSONColumn.text(record.weaknesses), record.profile, record.commit, record.branch,
                try JSONColumn.text(record.environment), record.fingerprint, record.brinkVersion, record.folder,
            ])
    }

    private static func putFigures(of record: RunRecord, _ database: Database) throws {
        let number = try Int64.fetchOne(database, sql: "SELECT number FROM run WHERE run = ?", arguments: [record.run])
        let statement = try database.cachedStatement(sql: "INSERT OR REPLACE INTO figure VALUES (?, ?, ?)")
        for (name, value) in record.figures { try statement.execute(arguments: [number, name, value]) }
    }

    // MARK: Reading

    /// The runs that a query wants, newest first.
    public func runs(_ query: HistoryQuery = HistoryQuery()) throws(HistoryError) -> [RunRecord] {
        do {
            return try queue.read { database in
                let (condition, arguments) = query.condition
                let rows = try Row.fetchAll(
                    database, sql: "SELECT * FROM run \(condition) ORDER BY number DESC LIMIT ?",
                    arguments: arguments + [query.limit ?? -1])
                let statement = try database.cachedStatement(sql: "SELECT name, value FROM figure WHERE number = ?")
                return try rows.map { row in
                    let number: Int64 = row["number"]
                    let figures = try Row.fetchAll(statement, arguments: [number]).map { row in
                        (row["name"] as String, row["value"] as Double)
                    }
                    return try RunRecord(row, figures: Dictionary(uniqueKeysWithValues: figures))
                }
            }
        } catch {
            throw HistoryError(path: path, doing: "read", reason: "\(error)")
        }
    }

    /// How many runs are kept.
    public func count() throws(HistoryError) -> Int {
        do {
            return try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM run") ?? 0 }
        } catch {
            throw HistoryError(path: path, doing: "read", reason: "\(error)")
        }
    }
}
