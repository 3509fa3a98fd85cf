/// All balances as one transaction saw them.
public struct BankRead: Hashable, Sendable {
    /// Unique among the reads of a run.
    public let id: Int
    /// By account.
    public let balances: [Int: Int]

    public init(id: Int, balances: [Int: Int]) {
        self.id = id
        self.balances = balances
    }

    public var total: Int { balances.values.reduce(0, +) }
}
