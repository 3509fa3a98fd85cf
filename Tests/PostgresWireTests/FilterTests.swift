import PostgresWire
import Testing

/// Each filter and count, with negative controls.
@Suite struct FilterTests {
    private func acts(_ filter: WireFilter, on sql: String = "select 1", begun: Bool = false) throws -> Bool {
        var relay = Relay.ready([try rule(.statement, .delay(1), filter: filter)])
        if begun { relay.server(Backend.ready("T")) }
        relay.client(Frontend.query(sql))
        return !relay.events.isEmpty
    }

    @Test(arguments: [("ann", true), ("an*", true), ("*", true), ("bob", false), ("an", false), ("Ann", false)])
    func user(pattern: String, matches: Bool) throws {
        #expect(try acts(WireFilter(user: pattern)) == matches)
    }

    @Test(arguments: [("shop", true), ("sho*", true), ("shop*", true), ("shops*", false), ("web-1", false)])
    func database(pattern: String, matches: Bool) throws {
        #expect(try acts(WireFilter(database: pattern)) == matches)
    }

    @Test(arguments: [("web-1", true), ("web-*", true), ("*-1", false), ("web-2", false)])
    func application(pattern: String, matches: Bool) throws {
        #expect(try acts(WireFilter(application: pattern)) == matches)
    }

    @Test func applicationThatIsNotToldMatchesNothing() throws {
        var relay = Relay.ready(
            [try rule(.statement, .delay(1), filter: WireFilter(application: "*"))], [("user", "x")])
        relay.client(Frontend.query("select 1"))
        #expect(relay.events == [])
        relay.server(Backend.parameter("application_name", ""))
        relay.client(Frontend.query("select 1"))
        #expect(relay.events == ["matched r", "delay 1 server"])
    }

    @Test(arguments: [
        ("UPDATE accounts SET *", true), ("*set b = ?", true), ("*set b = ??", false), ("update", false),
        ("update\taccounts  *", true), ("*", true), ("", false), ("*ACCOUNTS*B*", true), ("insert*", false),
    ])
    func statementPattern(pattern: String, matches: Bool) throws {
        #expect(try acts(WireFilter(statementPattern: pattern), on: " Update  Accounts\n\tset b = 1 ") == matches)
    }

    @Test func statementPatternMatchesOneOfSeveral() throws {
        #expect(try acts(WireFilter(statementPattern: "insert ?"), on: "begin; insert 1; commit"))
        #expect(try acts(WireFilter(statementPattern: "begin; insert*commit"), on: "begin; insert 1; commit"))
        #expect(try !acts(WireFilter(statementPattern: "insert ?"), on: "begin; insert 12; commit"))
    }

    @Test func statementThatIsNotKnownMatchesNoPattern() throws {
        var relay = Relay.ready([
            try rule(.statement, .delay(1), name: "any", filter: WireFilter(statementPattern: "*")),
            try rule(.statement, .delay(2), name: "all"),
        ])
        relay.client(Frontend.execute("made by DECLARE"))
        #expect(relay.events == ["matched all", "delay 2 server"])
    }

    @Test func transaction() throws {
        #expect(try acts(WireFilter(transaction: .idle)))
        #expect(try !acts(WireFilter(transaction: .inTransaction)))
        #expect(try !acts(WireFilter(transaction: .failed)))
        #expect(try acts(WireFilter(transaction: .inTransaction), begun: true))
        #expect(try !acts(WireFilter(transaction: .idle), begun: true))
    }

    @Test func transactionIsKnownBeforeTheServerTells() throws {
        var relay = Relay.ready([try rule(.statement, .delay(1), filter: WireFilter(transaction: .inTransaction))])
        // As JDBC's driver does it: BEGIN and the first statement in one batch.
        relay.client(Frontend.batch("BEGIN"))
        #expect(relay.takenEvents() == [])
        relay.client(Frontend.batch("insert 1") + Frontend.sync)
        #expect(relay.takenEvents() == ["matched r", "delay 1 server"])
        relay.client(Frontend.query("commit"))
        #expect(relay.takenEvents() == ["matched r", "delay 1 server"])
        relay.client(Frontend.query("select 1"))
        #expect(relay.takenEvents() == [])
        // BEGIN has failed: what is on its way is no part of a transaction.
        relay.server(Backend.error("57014") + Backend.ready("I") + Backend.complete("COMMIT") + Backend.ready("I"))
        relay.client(Frontend.query("select 1"))
        #expect(relay.takenEvents() == [])
    }

    @Test func failedTransaction() throws {
        var relay = Relay.ready([try rule(.statement, .delay(1), filter: WireFilter(transaction: .failed))])
        relay.server(Backend.ready("E"))
        relay.client(Frontend.query("rollback") + Frontend.query("select 1"))
        #expect(relay.events == ["matched r", "delay 1 server"])
    }

    @Test func everyNth() throws {
        var relay = Relay.ready([
            try rule(.statement, .swallow, filter: WireFilter(statementPattern: "i*"), every: 3)
        ])
        for number in 1...7 { relay.client(Frontend.query("i \(number)") + Frontend.query("other")) }
        #expect(relay.seen(.server).filter { $0 != "Q other" } == ["Q i 1", "Q i 2", "Q i 4", "Q i 5", "Q i 7"])
    }

    @Test func onceOnAConnection() throws {
        var relay = Relay.ready([try rule(.statement, .swallow, every: 2, once: true)])
        for number in 1...6 { relay.client(Frontend.query("\(number)")) }
        #expect(relay.seen(.server) == ["Q 1", "Q 3", "Q 4", "Q 5", "Q 6"])
    }

    @Test func probabilityFollowsTheSeed() throws {
        func pattern(_ probability: Double, seed: UInt64, name: String = "r") throws -> [Int] {
            var relay = Relay.ready([try rule(.statement, .swallow, name: name, probability: probability)], seed: seed)
            for number in 0..<1000 { relay.client(Frontend.query("\(number)")) }
            return relay.seen(.server).compactMap { Int($0.dropFirst(2)) }
        }
        let half = try pattern(0.5, seed: 1)
        #expect((430...570).contains(half.count))
        #expect(try pattern(0.5, seed: 1) == half)
        #expect(try pattern(0.5, seed: 2) != half)
        #expect(try pattern(0.5, seed: 1, name: "other") != half)
        #expect(try pattern(0, seed: 1).count == 1000)
        #expect(try pattern(1, seed: 1).isEmpty)
    }

    @Test func delaysAddUpAndTheFirstOtherActionEnds() throws {
        var relay = Relay.ready([
            try rule(.statement, .delay(2), name: "a"), try rule(.commit, .delay(3), name: "b"),
            try rule(.statement, .swallow, name: "c", every: 2), try rule(.statement, .cut(reset: true), name: "d"),
        ])
        relay.server(Backend.ready("T"))
        relay.client(Frontend.query("commit"))
        #expect(relay.events == ["matched a", "matched b", "matched d", "reset"])
        var other = Relay.ready([
            try rule(.statement, .swallow, name: "c"), try rule(.statement, .cut(reset: true), name: "d"),
        ])
        other.client(Frontend.query("x"))
        #expect(other.events == ["matched c"])
    }

    @Test func replacedRulesKeepCountersByName() throws {
        var relay = Relay.ready([try rule(.statement, .swallow, every: 3)])
        relay.client(Frontend.query("1") + Frontend.query("2"))
        relay.replace([
            try rule(.statement, .delay(9), every: 3), try rule(.statement, .delay(1), name: "new", every: 3),
        ])
        relay.client(Frontend.query("3"))
        #expect(relay.takenEvents() == ["matched r", "delay 9 server"])
        relay.replace([])
        relay.client(Frontend.query("4"))
        relay.replace([try rule(.statement, .swallow, every: 2)])
        relay.client(Frontend.query("5"))
        #expect(relay.takenEvents() == [])
        relay.client(Frontend.query("6"))
        #expect(relay.takenEvents() == ["matched r"])
    }

    @Test func ofRulesWithOneNameTheFirstIsFollowed() throws {
        var relay = Relay.ready([try rule(.statement, .delay(1)), try rule(.statement, .swallow)])
        relay.client(Frontend.query("1"))
        #expect(relay.events == ["matched r", "delay 1 server"])
    }

    @Test func replacingLetsGoOfWhatIsHeld() throws {
        var relay = Relay.ready([try rule(.statement, .swallow), try rule(.readyForQuery, .swallow, name: "z")])
        let query = Frontend.query("begin")
        relay.client(Array(query.prefix(8)))
        relay.server(Array(Backend.ready("T").prefix(3)))
        #expect(relay.taken(.server) == [])
        relay.replace([try rule(.statement, .swallow)])
        #expect(relay.taken(.server) == Array(query.prefix(8)))
        #expect(relay.taken(.client) == Array(Backend.ready("T").prefix(3)))
        relay.replace([try rule(.statement, .swallow)])
        #expect(relay.taken(.server) == [])
        relay.client(Array(query.dropFirst(8)) + Frontend.query("new"))
        #expect(relay.taken(.server) == Array(query.dropFirst(8)))
        relay.server(Array(Backend.ready("T").dropFirst(3)))
        #expect(relay.taken(.client) == Array(Backend.ready("T").dropFirst(3)))
        #expect(relay.conversation.session.transaction == .inTransaction)
        #expect(relay.events == ["matched r"])
    }
}
