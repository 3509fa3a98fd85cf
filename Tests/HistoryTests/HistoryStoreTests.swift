import Events
import Foundation
import GRDB
import LinuxSystem
import Reports
import Testing

@testable import History

@Suite struct HistoryStoreTests {
    private let state: StateFixture

    init() throws { state = try StateFixture() }

    @Test func aRunComesBackAsItWasNoted() throws {
        let store = try HistoryStore(path: state.file)
        let begun = state.record(3, verdict: nil)
        try store.begin(begun)
        #expect(try store.runs() == [begun], "a run without an end is there too")
        let ended = state.record(3)
        try store.end(ended)
        #expect(try store.runs() == [ended])
        // The next one that opens the file finds it.
        #expect(try HistoryStore(path: state.file).runs() == [ended])
    }

    /// What is noted at the end alone is there as well: the beginning could not be written then.
    @Test func anEndWithoutABeginningCounts() throws {
        let store = try HistoryStore(path: state.file)
        try store.end(state.record(1))
        #expect(try store.runs() == [state.record(1)])
        try store.end(state.record(1, figures: ["recovery(kill)": 3]))
        #expect(try store.count() == 1)
        #expect(try store.runs().first?.figures["recovery(kill)"] == 3)
    }

    @Test func onlyTheOwnerMayReadIt() throws {
        let store = try HistoryStore(path: state.file)
        try store.end(state.record(1))
        let names = try FileManager.default.contentsOfDirectory(atPath: state.folder)
        #expect(names.contains("history.sqlite-wal"), "several processes write it at once: \(names)")
        for name in names {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(state.folder)/\(name)")
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
    }

    @Test func aQueryChooses() throws {
        let store = try HistoryStore(path: state.file)
        for number in 1...9 {
            let isCache = number.isMultiple(of: 2)
            try store.end(
                state.record(
                    number, scenario: isCache ? "cache.down" : "pool.'; DROP TABLE run; --",
                    domain: isCache ? "cache" : nil))
        }
        func runs(_ query: HistoryQuery) throws -> [String] { try store.runs(query).map(\.run) }
        #expect(try runs(HistoryQuery(scenarios: ["cache.down"])) == ["run-8", "run-6", "run-4", "run-2"])
        #expect(try runs(HistoryQuery(scenarios: ["pool.'; DROP TABLE run; --"])).count == 5)
        #expect(try runs(HistoryQuery(domains: ["cache"], limit: 2)) == ["run-8", "run-6"])
        #expect(try runs(HistoryQuery(since: "2026-11-08")) == ["run-9", "run-8"])
        #expect(try runs(HistoryQuery(scenarios: ["nothing"])).isEmpty)
    }

    @Test func theOldestGoFirst() throws {
        let store = try HistoryStore(path: state.file, limit: 5)
        for number in 1...12 {
            try store.begin(state.record(number, verdict: nil))
            try store.end(state.record(number))
        }
        #expect(try store.runs().map(\.run) == (8...12).reversed().map { "run-\($0)" })
        let figures = try DatabaseQueue(path: state.file).read {
            try Int.fetchOne($0, sql: "SELECT count(*) FROM figure")
        }
        #expect(figures == 10, "the figures of those that went are gone as well")
    }

    /// What ten thousand take follows from what some hundred take.
    @Test func aRunTakesAboutTwoKilobytes() throws {
        let store = try HistoryStore(path: state.file, limit: 200)
        let names = ["baseline", "run", "recovery"].flatMap { phase in
            ["latency.p50", "latency.p95", "latency.p99", "errors.rate", "throughput"].map { "phase(\(phase), \($0))" }
        }
        let figures = Dictionary(uniqueKeysWithValues: names.map { ($0, 0.123456) })
        func size() throws -> Int {
            _ = try DatabaseQueue(path: state.file).writeWithoutTransaction { database in
                try database.checkpoint(.truncate)
            }
            return try Data(contentsOf: URL(fileURLWithPath: state.file)).count
        }
        for number in 1...200 { try store.end(state.record(number, figures: figures)) }
        let full = try size()
        #expect(full < 200 * 2500, "\(full)")
        // Past the limit the file grows no more: what went makes room.
        for number in 201...600 {
            try store.begin(state.record(number, verdict: nil))
            try store.end(state.record(number, figures: figures))
        }
        #expect(try store.count() == 200)
        #expect(try size() < full * 5 / 4)
    }

    // MARK: Versions

    @Test func aFileOfANewerBrinkIsLeftAlone() throws {
        try HistoryStore(path: state.file).end(state.record(1))
        try DatabaseQueue(path: state.file).write { try $0.execute(sql: "PRAGMA user_version = 99") }
        let error = try #require(throws: HistoryError.self) { try HistoryStore(path: state.file) }
        #expect(error.description.contains("a newer Brink made it (version 99"), "\(error)")
        try DatabaseQueue(path: state.file).write {
            #expect(try Int.fetchOne($0, sql: "SELECT count(*) FROM run") == 1)
            try $0.execute(sql: "PRAGMA user_version = \(HistorySchema.steps.count)")
        }
        #expect(try HistoryStore(path: state.file).count() == 1)
    }

    /// A file as the first version made it, with a run in it, becomes one of this version and keeps the run.
    @Test func anOlderFileIsBroughtUpToDate() throws {
        try DatabaseQueue(path: state.file).write { database in
            try database.execute(sql: HistorySchema.steps[0])
            try database.execute(
                sql: """
                    INSERT INTO run VALUES (7, 'old', 'cache.down', 'cache', 'flaky', '[]', NULL, 1,
                        '2026-01-01T00:00:00Z', 'fail', 'why', 1, 1, 30.5, '18446744073709551615', '[]', NULL, NULL, NULL,
                        '{"cpus":"2"}', 'abc', '0.1.0', '/out/old');
                    INSERT INTO figure VALUES (7, 'recovery(kill)', 4.5);
                    PRAGMA user_version = 1;
                    """)
        }
        let store = try HistoryStore(path: state.file)
        let run = try #require(try store.runs().first)
        #expect(run.run == "old" && run.verdict == .fail && run.seed == .max && run.figures == ["recovery(kill)": 4.5])
        try store.end(state.record(1))
        #expect(try store.count() == 2)
    }

    // MARK: Trouble

    @Test func whatIsNoDatabaseIsSaidSoAndKept() throws {
        let text = Data(String(repeating: "not a database\n", count: 100).utf8)
        try text.write(to: URL(fileURLWithPath: state.file))
        let error = try #require(throws: HistoryError.self) { try HistoryStore(path: state.file) }
        #expect(error.description.contains(state.file) && error.description.contains("not a database"), "\(error)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: state.file)) == text)
    }

    @Test func aFolderThatIsNotThereIsSaidSo() {
        let error = #expect(throws: HistoryError.self) { try HistoryStore(path: "/nonexistent/history.sqlite") }
        #expect(error?.description.contains("/nonexistent/history.sqlite") == true)
    }

    /// Whoever holds the file for too long makes an error, not a run that waits for ever.
    @Test func patienceHasAnEnd() throws {
        let store = try HistoryStore(path: state.file, patience: 0.1)
        let holder = try DatabaseQueue(path: state.file)
        try holder.writeWithoutTransaction { database in
            try database.inTransaction(.immediate) {
                #expect(throws: HistoryError.self) { try store.begin(state.record(1, verdict: nil)) }
                return .rollback
            }
        }
        try store.begin(state.record(1, verdict: nil))
        #expect(try store.count() == 1)
    }
}
