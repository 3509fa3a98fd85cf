/// What is checked of a database besides the ledger of the load's writes: by workloads that run beside the load, and by a
/// look at everything that is stored when the run is over.
public struct DataSafety: Hashable, Sendable {
    /// Clients whose transactions are judged afterwards.
    public struct Workload: Hashable, Sendable {
        /// The isolation level that the transactions ask for, as the scenario spells it: `read-committed`.
        public var isolation: String
        /// The level whose promises they are judged by; the same unless a scenario says otherwise.
        public var promises: String
        public var clients: Int
        /// Rest of each client between two transactions.
        public var pause: Duration
    }

    public static let levels = ["read-committed", "repeatable-read", "serializable"]
    /// What transactions can be judged by: also by the order in which they were seen to come, which PostgreSQL keeps
    /// without promising it.
    public static let promises = levels + ["strict-serializable"]

    /// The target whose data is looked at: a PostgreSQL.
    public var target: String
    /// Where the workloads connect: a service, a link or a connection string; nil for the target itself.
    public var through: String?
    /// Whether indexes, heaps, checksums, foreign keys and a dump are checked at the end.
    public var integrity: Bool
    /// Lists that are appended to and read (Elle: Kingsbury and Alvaro, VLDB 2020).
    public var listAppend: Workload?
    /// Accounts between which money is moved and whose sum must stay.
    public var bank: Workload?
    /// Dirty read, lost update, write skew and their like, each tried step by step by two sessions (Berenson et al., SIGMOD
    /// 1995).
    public var phenomena: Workload?
}
