import Foundation
import Glibc
import LinuxSystem
import Postgres
import Testing

extension PrivilegedSuite {
    /// What storage does to PostgreSQL, on a scratch cluster's volume: what is acknowledged, what is there afterwards.
    @Suite(.serialized) struct StorageTests {
        init() throws {
            try PrivilegedSuite.load(modules: ["loop", "dm-mod", "dm-flakey", "ext4"])
        }

        private func mounts() throws -> [String] {
            try FileSystemMount.all().map(\.folder).filter { $0.hasPrefix("/var/tmp/brink-2") }
        }

        private func start(_ fault: String, run: String, _ command: BrinkCommand, _ place: String) throws
            -> BrinkCommand.Running
        {
            let path = try PrivilegedSuite.scenario(
                """
                apiVersion: brink/v1
                id: storage
                services: {db: {postgres: {volume: 160MiB}}}
                targets: {db: {service: db}}
                phases: {baseline: 0s, run: \(run), recovery: 0s}
                faults:
                - {id: f, \(fault)}
                """, in: place)
            return try command.start(["run", path])
        }

        private func wait(
            for text: String, _ running: BrinkCommand.Running, _ place: String
        ) async throws {
            let end = MonotonicClock.now() + .seconds(90)
            while !running.errorsSoFar.contains(text) {
                let log = running.hasEnded ? try serverLog(place) : ""
                try #require(!running.hasEnded && MonotonicClock.now() < end, "\(text): \(running.errorsSoFar)\n\(log)")
                try await Task.sleep(for: .milliseconds(10))
            }
        }

        /// What PostgreSQL said, as the run kept it.
        private func serverLog(_ place: String) throws -> String {
            guard let files = FileManager.default.enumerator(atPath: place) else { return "" }
            let logs = files.compactMap { $0 as? String }.filter { $0.hasSuffix("logs/db.log") }
            return try logs.map { try SystemFile.readText("\(place)/\($0)") }.joined(separator: "\n")
        }

        /// libpq settings of the scratch cluster's superuser.
        private func connection() throws -> String {
            let file = "\(try #require(try mounts().first))/data/postmaster.pid"
            let lines = String(decoding: try SystemFile.read(file), as: UTF8.self).split(separator: "\n")
            return "host=127.0.0.1 port=\(try #require(lines.dropFirst(3).first)) user=postgres dbname=postgres"
        }

        /// Writes one number after the other until the server is gone.
        private func write(from first: Int, on session: PostgresSession) async -> Set<Int> {
            var acknowledged: Set<Int> = []
            for number in first... {
                guard (try? await session.query("INSERT INTO ledger VALUES ($1::text::int)", ["\(number)"])) != nil
                else { break }
                acknowledged.insert(number)
            }
            return acknowledged
        }

        /// An honest power loss keeps all that was acknowledged; one of a device that lied does not, and that is what
        /// shows that the ledger would notice.
        @Test(arguments: [false, true]) func powerIsLost(_ lies: Bool) async throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let command = BrinkCommand(in: place)
            let running = try start(
                "at: 6s, postgres.lose_unsynced: {target: db\(lies ? ", lies: 3s" : "")}", run: "20s", command, place)
            try await wait(for: "service db runs", running, place)
            let database = try connection()
            let session = try await PostgresSession.connect(database)
            try await session.execute("CREATE TABLE ledger (number int PRIMARY KEY)")
            try await session.execute("INSERT INTO ledger SELECT generate_series(1, 100)")
            #expect(!running.errorsSoFar.contains("fault f"), "too slow for the fault's moment")
            let acknowledged = await write(from: 101, on: session)
            session.close()
            try await wait(for: "fault f  verified", running, place)

            let after = try await PostgresSession.connect(database)
            defer { after.close() }
            let rows = try await after.query("SELECT number FROM ledger")
            let stored = Set((0..<rows.count).compactMap { rows[$0, 0].flatMap { Int($0) } })
            let lost = acknowledged.subtracting(stored)
            print("\(acknowledged.count) acknowledged, \(lost.count) of them lost")
            #expect(stored.isSuperset(of: 1...100))
            #expect(acknowledged.count > 100)
            #expect(lost.isEmpty == !lies)
            // A prefix: nothing that came before a write that is there is lost.
            #expect(stored.max() ?? 0 <= stored.count + 1)
            after.close()

            let result = try running.wait()
            #expect(result.code == 0, "\(result.all)")
            #expect(try mounts().isEmpty)
            let verify = try command.run(["verify"])
            #expect(verify.code == 0, "\(verify.all)")
        }

        @Test func filesThatCannotBeWritten() async throws {
            let place = try PrivilegedSuite.place()
            defer { try? SystemFile.removeTree(place) }
            let command = BrinkCommand(in: place)
            let running = try start(
                "at: 4s, for: 5s, postgres.read_only_files: {target: db}", run: "20s", command, place)
            try await wait(for: "service db runs", running, place)
            let database = try connection()
            let session = try await PostgresSession.connect(database)
            try await session.execute("CREATE TABLE ledger (number int PRIMARY KEY); INSERT INTO ledger VALUES (1)")
            // What it needs for that it has open from here on.
            _ = try await session.query("SELECT count(*) FROM ledger")
            try await wait(for: "fault f  verified", running, place)
            do throws(PostgresError) {
                try await session.execute("CREATE TEMP TABLE more (); SELECT 1")
                Issue.record("a file was made")
            } catch {
                #expect(error.sqlState == "42501", "\(error)")
            }
            let count = try await session.query("SELECT count(*) FROM ledger")
            #expect(count[0, 0] == "1")
            // WAL cannot be written: PostgreSQL panics.
            do throws(PostgresError) {
                try await session.execute("INSERT INTO ledger VALUES (2)")
                Issue.record("acknowledged")
            } catch {
                // The WAL writer may be the first to panic, and ends all sessions.
                let isOwn = error.sqlState == "42501" && error.message.contains("log file")
                #expect(isOwn || error.kind == .connectionLost, "\(error)")
            }
            session.close()
            try await wait(for: "fault f  ended", running, place)
            let after = try await reconnect(database)
            try await after.execute("INSERT INTO ledger VALUES (3)")
            let rows = try await after.query("SELECT string_agg(number::text, ' ' ORDER BY number) FROM ledger")
            #expect(rows[0, 0] == "1 3")
            after.close()
            let result = try running.wait()
            #expect(result.code == 0, "\(result.all)")
            let run = try #require(try SystemFile.entries(of: command.out).first)
            let log = try SystemFile.readText("\(command.out)/\(run)/logs/db.log")
            #expect(log.contains("PANIC:  could not") && log.contains("Operation not permitted"), "\(log)")
            #expect(try mounts().isEmpty)
            let verify = try command.run(["verify"])
            #expect(verify.code == 0, "\(verify.all)")
        }

        /// It may still recover.
        private func reconnect(_ database: String) async throws -> PostgresSession {
            let end = MonotonicClock.now() + .seconds(30)
            while true {
                do throws(PostgresError) {
                    return try await PostgresSession.connect(database)
                } catch {
                    guard MonotonicClock.now() < end else { throw error }
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
        }
    }
}
