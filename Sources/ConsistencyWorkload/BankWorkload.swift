import Consistency
import Postgres
import SeededRandom

/// Clients that move money between accounts and others that add it all up. The server may be killed and started again
/// meanwhile.
public struct BankWorkload: Sendable {
    /// How a transfer is written.
    public enum Transfer: Sendable {
        /// `balance = balance - 5`: right at every level.
        case relative
        /// Reads both balances and writes new ones, as applications do: loses updates under read committed.
        case readThenWrite
    }

    public let connectionString: String
    public var options: WorkloadOptions
    public var accounts: Int
    public var initialBalance: Int
    public var transfer: Transfer
    /// Whether the balances are read in one statement; one by one they differ in time under read committed.
    public var readsAtOnce: Bool

    public init(
        _ connectionString: String, options: WorkloadOptions, accounts: Int = 6, initialBalance: Int = 100,
        transfer: Transfer = .readThenWrite, readsAtOnce: Bool = false
    ) {
        self.connectionString = connectionString
        self.options = options
        self.accounts = max(2, accounts)
        self.initialBalance = initialBalance
        self.transfer = transfer
        self.readsAtOnce = readsAtOnce
    }

    /// Makes a table, runs the clients, adds up once more through a fresh connection and drops the table.
    /// - Throws: when the table cannot be made; what happens later is part of the result.
    public func run() async throws(PostgresError) -> BankRun {
        let table = try await makeTable()
        var (reads, tally) = await options.runClients { number, budget, end in
            await runClient(number, on: table, budget, until: end)
        }
        reads.sort { $0.id < $1.id }
        // Not cancelled with this task: tables are not left behind.
        let (last, lastTally) = await Task { await finish(table, id: options.transactions) }.value
        tally.close(with: lastTally)
        if let last { reads.append(last) }
        let check = BankCheck(
            accounts: Set(0..<accounts), total: accounts * initialBalance, allowsNegative: false,
            holdsFrom: transfer == .relative && readsAtOnce ? .readCommitted : .repeatableRead)
        return BankRun(reads: reads, check: check, tally: tally)
    }

    private func makeTable() async throws(PostgresError) -> String {
        let session = try await PostgresSession.connect(connectionString, options: .housekeeping)
        defer { session.close() }
        let table = try await WorkloadSchema.makeTable(
            "bank", columns: "account int PRIMARY KEY, balance bigint NOT NULL", through: session)
        try await session.query(
            "INSERT INTO \(table) SELECT account, $2::bigint FROM generate_series(0, $1::int - 1) AS account",
            ["\(accounts)", "\(initialBalance)"])
        return table
    }

    // MARK: Clients

    private func runClient(
        _ number: Int, on table: String, _ budget: TransactionBudget, until end: ContinuousClock.Instant
    ) async -> ([BankRead], WorkloadTally) {
        var random = SeededGenerator(seed: options.seed &+ UInt64(number) &* 0x9e37_79b9)
        let client = WorkloadClient(connectionString, options, until: end)
        var reads: [BankRead] = []
        while ContinuousClock.now < end, let id = budget.take() {
            await client.rest()
            guard Int.random(in: 0..<3, using: &random) > 0 else {
                var balances: [Int: Int] = [:]
                let timed = await client.transaction { session throws(PostgresError) in
                    balances = try await readAll(table, atOnce: readsAtOnce, through: session)
                    return true
                }
                guard let timed else { break }
                if timed.outcome == .committed { reads.append(BankRead(id: id, balances: balances)) }
                continue
            }
            let source = Int.random(in: 0..<accounts, using: &random)
            let target = (source + Int.random(in: 1..<accounts, using: &random)) % accounts
            let amount = Int.random(in: 1...max(1, initialBalance / 4), using: &random)
            let timed = await client.transaction { session throws(PostgresError) in
                switch transfer {
                case .relative:
                    try await moveRelative(amount, from: source, to: target, in: table, through: session)
                case .readThenWrite:
                    try await moveReading(amount, from: source, to: target, in: table, through: session)
                }
            }
            guard timed != nil else { break }
        }
        return (reads, client.tally)
    }

    /// The account with the lower number first, so that no two transfers wait for each other.
    private func moveRelative(
        _ amount: Int, from source: Int, to target: Int, in table: String, through session: PostgresSession
    ) async throws(PostgresError) -> Bool {
        for account in [source, target].sorted() {
            let change = account == source ? -amount : amount
            let rows = try await session.query(
                "UPDATE \(table) SET balance = balance + $2::bigint WHERE account = $1 AND balance + $2::bigint >= 0",
                ["\(account)", "\(change)"])
            guard rows.affectedRows == 1 else { return false }
        }
        return true
    }

    private func moveReading(
        _ amount: Int, from source: Int, to target: Int, in table: String, through session: PostgresSession
    ) async throws(PostgresError) -> Bool {
        var balances: [Int: Int] = [:]
        for account in [source, target] {
            balances[account] = try await balance(of: account, in: table, through: session)
        }
        guard let before = balances[source], before >= amount else { return false }
        for account in [source, target].sorted() {
            let after = (balances[account] ?? 0) + (account == source ? -amount : amount)
            try await session.query(
                "UPDATE \(table) SET balance = $2::bigint WHERE account = $1", ["\(account)", "\(after)"])
        }
        return true
    }

    private func balance(
        of account: Int, in table: String, through session: PostgresSession
    ) async throws(PostgresError) -> Int? {
        let rows = try await session.query("SELECT balance FROM \(table) WHERE account = $1", ["\(account)"])
        return rows.isEmpty ? nil : rows[0, 0].flatMap { Int($0) }
    }

    private func readAll(
        _ table: String, atOnce: Bool, through session: PostgresSession
    ) async throws(PostgresError) -> [Int: Int] {
        var balances: [Int: Int] = [:]
        if atOnce {
            let rows = try await session.query("SELECT account, balance FROM \(table)")
            for row in 0..<rows.count {
                guard let account = rows[row, 0].flatMap({ Int($0) }) else { continue }
                balances[account] = rows[row, 1].flatMap { Int($0) }
            }
        } else {
            for account in 0..<accounts {
                balances[account] = try await balance(of: account, in: table, through: session)
            }
        }
        return balances
    }

    // MARK: Afterwards

    private func finish(_ table: String, id: Int) async -> (BankRead?, WorkloadTally) {
        await options.finish(connectionString, table) { session throws(PostgresError) in
            BankRead(id: id, balances: try await readAll(table, atOnce: true, through: session))
        }
    }
}
