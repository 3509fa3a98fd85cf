import Consistency

/// What the workloads have in common: how many clients, how long, and at which isolation level.
public struct WorkloadOptions: Sendable {
    public var level: IsolationLevel
    public var clients: Int
    /// The same seed makes the same clients ask for the same things; what they get depends on the server.
    public var seed: UInt64
    /// Transactions of all clients together.
    public var transactions: Int
    /// No transaction is begun after so long.
    public var duration: Duration
    /// How long one statement may take before the client gives the connection up.
    public var statementTimeout: Duration
    /// How long the last read and the clean-up wait for a server that is down.
    public var recovery: Duration

    public init(
        level: IsolationLevel, clients: Int = 4, seed: UInt64, transactions: Int = 1000,
        duration: Duration = .seconds(10), statementTimeout: Duration = .seconds(5), recovery: Duration = .seconds(30)
    ) {
        self.level = level
        self.clients = clients
        self.seed = seed
        self.transactions = transactions
        self.duration = duration
        self.statementTimeout = statementTimeout
        self.recovery = recovery
    }
}
