import Consistency
import Testing

@Suite struct BankCheckTests {
    private let check = BankCheck(accounts: [1, 2, 3], total: 30, allowsNegative: false, holdsFrom: .repeatableRead)

    @Test func aConstantTotal() {
        let report = check.check([
            BankRead(id: 1, balances: [1: 10, 2: 10, 3: 10]), BankRead(id: 2, balances: [1: 0, 2: 25, 3: 5]),
        ])
        #expect(report.findings.isEmpty)
        #expect(report.isConclusive)
        #expect(!report.violates(.serializable))
    }

    @Test func aWrongTotal() {
        let report = check.check([BankRead(id: 7, balances: [1: 10, 2: 10, 3: 9])])
        #expect(report.findings == [.wrongTotal(read: 7, expected: 30, found: 29)])
        #expect(report.findings.first?.description == "read 7 saw 29 in all, not 30")
        #expect(!report.violates(.readCommitted))
        #expect(report.violates(.repeatableRead))
        #expect(report.violates(.serializable))
    }

    @Test func negativeBalances() {
        let read = BankRead(id: 1, balances: [1: -5, 2: 20, 3: 15])
        #expect(check.check([read]).findings == [.negativeBalance(read: 1, account: 1, balance: -5)])
        let lenient = BankCheck(accounts: [1, 2, 3], total: 30, allowsNegative: true, holdsFrom: .repeatableRead)
        #expect(lenient.check([read]).findings.isEmpty)
    }

    @Test func missingAndUnknownAccounts() {
        let report = check.check([BankRead(id: 1, balances: [1: 10, 2: 10, 4: 10])])
        #expect(report.findings == [.missingAccount(read: 1, account: 3), .unknownAccount(read: 1, account: 4)])
    }

    @Test func noReadsAreNotHealth() {
        #expect(!check.check([]).isConclusive)
    }
}
