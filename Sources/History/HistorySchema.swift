import GRDB

/// The tables of the history, as steps from an empty file to what this version works with. A step that has been
/// published is never changed; what comes later is a further one.
enum HistorySchema {
    static let steps = [
        """
        CREATE TABLE run (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            run TEXT NOT NULL UNIQUE,
            scenario TEXT NOT NULL,
            domain TEXT,
            category TEXT NOT NULL,
            tags TEXT NOT NULL,
            suite TEXT,
            attempt INTEGER NOT NULL,
            startedAt TEXT NOT NULL,
            verdict TEXT,
            reason TEXT,
            exitCode INTEGER,
            hostRestored INTEGER,
            seconds REAL,
            seed TEXT NOT NULL,
            weaknesses TEXT NOT NULL,
            profile TEXT,
            gitCommit TEXT,
            gitBranch TEXT,
            environment TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            brinkVersion TEXT NOT NULL,
            folder TEXT NOT NULL
        );
        CREATE INDEX runOfScenario ON run (scenario, number);
        CREATE TABLE figure (
            number INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
            name TEXT NOT NULL,
            value REAL NOT NULL,
            PRIMARY KEY (number, name)
        ) WITHOUT ROWID;
        """
    ]

    /// Brings the tables to the newest step, in one transaction: of several processes that open a new file at once, one
    /// makes them and the others find them.
    /// - Throws: `Newer` when a later version of Brink has made them.
    static func prepare(_ database: Database) throws {
        try database.inTransaction(.immediate) {
            let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            guard version <= steps.count else { throw Newer(version: version) }
            for step in steps[version...] { try database.execute(sql: step) }
            if version < steps.count { try database.execute(sql: "PRAGMA user_version = \(steps.count)") }
            return .commit
        }
    }

    struct Newer: Error, CustomStringConvertible {
        let version: Int

        var description: String {
            "a newer Brink made it (version \(version) of its tables, this one knows \(steps.count)): use that one, or "
                + "move the file away"
        }
    }
}
