import Consistency
import LinuxSystem
import Postgres
import SeededRandom

/// Clients that append to lists and read them, and write down what they asked and what they got: the history that
/// ``ListAppendCheck`` judges. The server may be killed and started again meanwhile.
public struct ListAppendWorkload: Sendable {
    public let connectionString: String
    public var options: WorkloadOptions
    /// Keys in use at a time: the fewer, the more the transactions meet.
    public var activeKeys: Int
    /// A key goes out of use after about so many appends, so that lists stay short.
    public var appendsPerKey: Int
    public var operations: ClosedRange<Int>

    public init(
        _ connectionString: String, options: WorkloadOptions, activeKeys: Int = 4, appendsPerKey: Int = 32,
        operations: ClosedRange<Int> = 2...4
    ) {
        self.connectionString = connectionString
        self.options = options
        self.activeKeys = max(1, activeKeys)
        self.appendsPerKey = max(1, appendsPerKey)
        self.operations = operations
    }

    /// Makes a table, runs the clients, reads all keys through a fresh connection and drops the table.
    /// - Throws: when the table cannot be made; what happens later is part of the result.
    public func run() async throws(PostgresError) -> ListAppendRun {
        let table = try await makeTable()
        var (history, tally) = await options.runClients { number, budget, end in
            await runClient(number, on: table, budget, until: end)
        }
        history.sort { $0.id < $1.id }
        // Not cancelled with this task: tables are not left behind.
        let keys = Set(history.flatMap(\.operations).map(\.key)).sorted()
        let (last, lastTally) = await Task { [history] in
            await finish(table, keys: keys, id: (history.last?.id ?? 0) + 1)
        }.value
        tally.close(with: lastTally)
        if let last { history.append(last) }
        return ListAppendRun(history: history, tally: tally)
    }

    private func makeTable() async throws(PostgresError) -> String {
        let session = try await PostgresSession.connect(connectionString, options: .housekeeping)
        defer { session.close() }
        return try await WorkloadSchema.makeTable(
            "lists", columns: "key bigint PRIMARY KEY, list bigint[] NOT NULL", through: session)
    }

    // MARK: Clients

    private func runClient(
        _ number: Int, on table: String, _ budget: TransactionBudget, until end: ContinuousClock.Instant
    ) async -> ([ListAppendTransaction], WorkloadTally) {
        var random = SeededGenerator(seed: options.seed &+ UInt64(number) &* 0x9e37_79b9)
        let client = WorkloadClient(connectionString, options, until: end)
        var history: [ListAppendTransaction] = []
        while ContinuousClock.now < end, let id = budget.take() {
            let steps = makeSteps(id, random: &random)
            var done: [ListAppendTransaction.Operation] = []
            let timed = await client.transaction { session throws(PostgresError) in
                for step in steps { done.append(try await perform(step, on: table, through: session)) }
                return true
            }
            guard let timed else { break }
            await client.rest()
            // An append that failed, or whose answer was lost, is kept: if it is ever read, its transaction is known.
            let attempted = done + steps.dropFirst(done.count).filter(\.isAppend)
            history.append(
                ListAppendTransaction(
                    id: id, invoked: timed.invoked, completed: timed.completed, outcome: timed.outcome,
                    operations: attempted))
        }
        return (history, client.tally)
    }

    /// Appends go to keys in rising order: two transactions that lock rows in opposite order would wait for the deadlock
    /// detector, a second each time.
    private func makeSteps(_ id: Int, random: inout SeededGenerator) -> [ListAppendTransaction.Operation] {
        let count = Int.random(in: operations, using: &random)
        let meanAppends = (operations.lowerBound + operations.upperBound + 3) / 4
        let oldestKey = id * meanAppends / appendsPerKey
        var keys = (0..<count).map { _ in oldestKey + Int.random(in: 0..<activeKeys, using: &random) }
        let isAppend = (0..<count).map { _ in Bool.random(using: &random) }
        let places = keys.indices.filter { isAppend[$0] }
        for (place, key) in zip(places, places.map { keys[$0] }.sorted()) { keys[place] = key }
        return keys.indices.map { place in
            isAppend[place]
                ? .append(key: keys[place], element: id * operations.upperBound + place + 1)
                : .read(key: keys[place], elements: [])
        }
    }

    private func perform(
        _ step: ListAppendTransaction.Operation, on table: String, through session: PostgresSession
    ) async throws(PostgresError) -> ListAppendTransaction.Operation {
        switch step {
        case .read(let key, _):
            let rows = try await session.query("SELECT list FROM \(table) WHERE key = $1", ["\(key)"])
            return .read(key: key, elements: rows.isEmpty ? [] : try Self.elements(rows[0, 0]))
        case .append(let key, let element):
            let updated = try await session.query(
                "UPDATE \(table) SET list = list || $2::bigint WHERE key = $1", ["\(key)", "\(element)"])
            if updated.affectedRows == 0 {
                try await session.query(
                    """
                    INSERT INTO \(table) AS own VALUES ($1, ARRAY[$2::bigint])
                    ON CONFLICT (key) DO UPDATE SET list = own.list || EXCLUDED.list
                    """, ["\(key)", "\(element)"])
            }
            return step
        }
    }

    /// Reads an array in PostgreSQL's text form, `{1,2,3}`.
    private static func elements(_ text: String?) throws(PostgresError) -> [Int] {
        guard let text, text.hasPrefix("{"), text.hasSuffix("}") else {
            throw PostgresError(kind: .unsupported, message: "a list came back as \(text ?? "NULL")")
        }
        var elements: [Int] = []
        for part in text.dropFirst().dropLast().split(separator: ",") {
            guard let element = Int(part) else {
                throw PostgresError(kind: .unsupported, message: "a list holds \(part)")
            }
            elements.append(element)
        }
        return elements
    }

    // MARK: Afterwards

    private func finish(
        _ table: String, keys: [Int], id: Int
    ) async -> (ListAppendTransaction?, WorkloadTally) {
        await options.finish(connectionString, table) { session throws(PostgresError) in
            let invoked = MonotonicClock.now() / .nanoseconds(1)
            let rows = try await session.query("SELECT key, list FROM \(table)")
            let completed = MonotonicClock.now() / .nanoseconds(1)
            var lists: [Int: [Int]] = [:]
            for row in 0..<rows.count {
                guard let key = rows[row, 0].flatMap({ Int($0) }) else { continue }
                lists[key] = try Self.elements(rows[row, 1])
            }
            return ListAppendTransaction(
                id: id, invoked: Int64(invoked), completed: Int64(completed), outcome: .committed,
                operations: Set(keys).union(lists.keys).sorted().map { .read(key: $0, elements: lists[$0] ?? []) })
        }
    }
}

extension ListAppendTransaction.Operation {
    fileprivate var key: Int {
        switch self {
        case .append(let key, _), .read(let key, _): key
        }
    }

    fileprivate var isAppend: Bool {
        if case .append = self { true } else { false }
    }
}
