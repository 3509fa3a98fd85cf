import LinuxSystem
import Postgres

/// Orders, over new connections and over one that is kept, and the write-ahead log that they cost.
struct MutationPhase: BaselinePhase {
    let subject: BaselineSubject
    let token: String?
    let share = 0.12

    private static let coldOrders = 5
    private static let fewestWarm = 10
    private static let written = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn"

    func measure(in run: BaselineRun, into findings: inout RunFindings) async throws {
        for number in 0..<Self.coldOrders {
            let client = ShopClient(subject.endpoint, token: token)
            defer { client.close() }
            findings.add(try await client.ask(order("\(run.keyPrefix)-c\(number)")), to: "mutation.order.cold")
        }
        let client = ShopClient(subject.endpoint, token: token)
        defer { client.close() }
        _ = try await client.ask(order("\(run.keyPrefix)-first"))
        let session = try await PostgresSession.connect(subject.database)
        defer { session.close() }
        let before = try await position(session)
        var count = 0
        while MonotonicClock.now() < run.end || count < Self.fewestWarm {
            findings.add(try await client.ask(order("\(run.keyPrefix)-\(count)")), to: "mutation.order.warm")
            count += 1
        }
        let after = try await position(session)
        findings.set("postgres.wal.perMutation", (after - before) / Double(count), of: count)
    }

    private func order(_ key: String) -> String {
        "mutation { placeOrder(key: \"\(key)\", book: 7, quantity: 1) { key quantity } }"
    }

    /// Bytes of write-ahead log since the cluster was made.
    private func position(_ session: PostgresSession) async throws -> Double {
        let rows = try await session.query(Self.written)
        guard let position = rows[0, 0].flatMap(Double.init) else {
            throw HarnessError(.internal, "PostgreSQL does not say where its write-ahead log is")
        }
        return position
    }
}
