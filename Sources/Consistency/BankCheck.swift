/// Money moves between accounts and is never made: every snapshot of all balances has the same total (the bank test of
/// Kingsbury's Jepsen).
public struct BankCheck: Sendable {
    public let accounts: Set<Int>
    public let total: Int
    public let allowsNegative: Bool
    /// The weakest level at which the total holds, given how the transfers and the reads are made: with a transfer that
    /// reads balances and writes new ones, or a read of several statements, repeatable read; otherwise read committed.
    public let holdsFrom: IsolationLevel

    public init(accounts: Set<Int>, total: Int, allowsNegative: Bool, holdsFrom: IsolationLevel) {
        self.accounts = accounts
        self.total = total
        self.allowsNegative = allowsNegative
        self.holdsFrom = holdsFrom
    }

    /// - Parameter reads: of committed transactions only: what an aborted one saw was never promised.
    public func check(_ reads: [BankRead]) -> BankReport {
        BankReport(findings: reads.flatMap(findings), reads: reads.count, holdsFrom: holdsFrom)
    }

    private func findings(of read: BankRead) -> [BankReport.Finding] {
        var findings: [BankReport.Finding] = []
        if read.total != total {
            findings.append(.wrongTotal(read: read.id, expected: total, found: read.total))
        }
        for account in accounts.subtracting(read.balances.keys).sorted() {
            findings.append(.missingAccount(read: read.id, account: account))
        }
        for (account, balance) in read.balances.sorted(by: { $0.key < $1.key }) {
            if !accounts.contains(account) {
                findings.append(.unknownAccount(read: read.id, account: account))
            }
            if balance < 0, !allowsNegative {
                findings.append(.negativeBalance(read: read.id, account: account, balance: balance))
            }
        }
        return findings
    }
}
