/// What ``BankCheck`` found.
public struct BankReport: Sendable {
    public enum Finding: Hashable, Sendable, CustomStringConvertible {
        case wrongTotal(read: Int, expected: Int, found: Int)
        case negativeBalance(read: Int, account: Int, balance: Int)
        case missingAccount(read: Int, account: Int)
        case unknownAccount(read: Int, account: Int)

        public var description: String {
            switch self {
            case .wrongTotal(let read, let expected, let found):
                "read \(read) saw \(found) in all, not \(expected)"
            case .negativeBalance(let read, let account, let balance):
                "read \(read) saw \(balance) in account \(account)"
            case .missingAccount(let read, let account):
                "read \(read) did not see account \(account)"
            case .unknownAccount(let read, let account):
                "read \(read) saw account \(account), which nobody opened"
            }
        }
    }

    public let findings: [Finding]
    public let reads: Int
    let holdsFrom: IsolationLevel

    /// Whether there was anything to judge.
    public var isConclusive: Bool { reads > 0 }

    /// Whether something was found that a database of this level may not do.
    public func violates(_ level: IsolationLevel) -> Bool { !findings.isEmpty && level >= holdsFrom }
}
