import PostgresWire
import Testing

/// Each trigger, with a negative control.
@Suite struct TriggerTests {
    @Test func authenticationIsTheFirstMessageOfItsKind() throws {
        var relay = Relay([try rule(.authentication, .delay(500))])
        relay.client(Frontend.startup())
        relay.server(Backend.authenticationPassword)
        #expect(relay.takenEvents() == ["matched r", "delay 500 client"])
        relay.client(Frontend.password("secret"))
        relay.server(Backend.welcome)
        #expect(relay.takenEvents() == [])
        #expect(relay.taken(.client) == Backend.authenticationPassword + Backend.welcome)
        #expect(relay.taken(.server) == Frontend.startup() + Frontend.password("secret"))
    }

    @Test func authenticationErrorIsFatal() throws {
        var relay = Relay([try rule(.authentication, .error(sqlState: "53300", message: "too many"))])
        relay.client(Frontend.startup())
        relay.server(Backend.welcome)
        #expect(relay.seen(.client) == ["E FATAL 53300 too many"])
        #expect(relay.events == ["matched r", "close"])
    }

    @Test func statementIsAQuery() throws {
        var relay = Relay.ready([try rule(.statement, .delay(7))])
        relay.client(Frontend.query("select 1; select 2"))
        #expect(relay.takenEvents() == ["matched r", "delay 7 server"])
        #expect(relay.seen(.server) == ["Q select 1; select 2"])
    }

    @Test func statementIsAnExecuteButNoOtherMessageOfItsBatch() throws {
        var relay = Relay.ready([try rule(.statement, .delay(7))])
        relay.client(Frontend.parse("select 1") + Frontend.bind() + Frontend.describe)
        #expect(relay.takenEvents() == [])
        relay.client(Frontend.execute())
        #expect(relay.takenEvents() == ["matched r", "delay 7 server"])
        relay.client(Frontend.sync + Frontend.terminate)
        #expect(relay.takenEvents() == [])
        #expect(relay.seen(.server) == ["P select 1", "B", "D P", "E", "S", "X"])
    }

    @Test(arguments: [
        ("COMMIT", true), ("end work ;", true), ("/* app */ Commit", true), ("commit and chain", true),
        ("insert into t values (1); commit", true), ("begin; select 1; END", true), ("rollback", false),
        ("select 'commit'", false), ("commit prepared 'x'", false), ("begin", false), ("select 1 -- ; commit", false),
        ("create function f() returns int begin atomic select 1; end", false),
    ])
    func commit(sql: String, isOne: Bool) throws {
        var relay = Relay.ready([try rule(.commit, .delay(1))])
        relay.client(Frontend.query(sql))
        #expect(relay.takenEvents().isEmpty == !isOne)
        relay.server(Backend.complete("?") + Backend.ready("I"))
        relay.client(Frontend.batch(sql))
        #expect(relay.takenEvents().isEmpty == !isOne)
    }

    @Test func commitOfAPreparedStatementIsKnownByItsName() throws {
        var relay = Relay.ready([try rule(.commit, .cut(reset: false))])
        relay.client(Frontend.parse("commit", as: "c") + Frontend.parse("begin", as: "b") + Frontend.sync)
        relay.client(Frontend.bind("b", to: "p") + Frontend.execute("p") + Frontend.sync)
        #expect(relay.takenEvents() == [])
        relay.client(Frontend.bind("c", to: "p") + Frontend.execute("p"))
        #expect(relay.takenEvents() == ["matched r", "close"])
        #expect(relay.seen(.server).last == "B p c")
    }

    @Test func closedStatementsAreForgotten() throws {
        var relay = Relay.ready([try rule(.commit, .cut(reset: false))])
        relay.client(Frontend.parse("commit", as: "c") + Frontend.close(statement: "c") + Frontend.bind("c"))
        relay.client(Frontend.execute())
        #expect(relay.takenEvents() == [])
    }

    @Test func rowCutComesAfterTheRow() throws {
        var relay = Relay.ready([try rule(.dataRow(2), .cut(reset: true))])
        relay.client(Frontend.query("select"))
        relay.server(Backend.rowDescription + Backend.row("a") + Backend.row("b") + Backend.row("c"))
        #expect(relay.seen(.client) == ["T", "D \u{1} \u{1}a", "D \u{1} \u{1}b"])
        #expect(relay.events == ["matched r", "reset"])
    }

    @Test func rowsAreCountedForEachResult() throws {
        var relay = Relay.ready([try rule(.dataRow(2), .cut(reset: true))])
        relay.client(Frontend.query("select; select") + Frontend.batch("select") + Frontend.sync)
        let result = Backend.row("a") + Backend.complete("SELECT 1")
        relay.server(result + result + Backend.ready("I"))
        relay.server(Backend.parseComplete + Backend.bindComplete + Backend.rowDescription + result)
        #expect(relay.takenEvents() == [])
        relay.server(Backend.ready("I"))
        relay.client(Frontend.query("select"))
        relay.server(Backend.row("a") + Backend.row("b"))
        #expect(relay.takenEvents() == ["matched r", "reset"])
    }

    @Test func rowsOfASuspendedPortalAreOneResult() throws {
        var relay = Relay.ready([try rule(.dataRow(3), .cut(reset: true))])
        let fetch = Frontend.execute("p", rows: 2) + Frontend.sync
        relay.client(Frontend.parse("select") + Frontend.bind(to: "p") + fetch)
        relay.server(Backend.parseComplete + Backend.bindComplete + Backend.row("1") + Backend.row("2"))
        relay.server(Backend.portalSuspended + Backend.ready("T"))
        #expect(relay.takenEvents() == [])
        relay.client(fetch)
        relay.server(Backend.row("3"))
        #expect(relay.takenEvents() == ["matched r", "reset"])
    }

    @Test func copyDataIsNoRow() throws {
        var relay = Relay.ready([try rule(.dataRow(1), .cut(reset: true))])
        relay.client(Frontend.query("copy t to stdout"))
        relay.server(Backend.copyOut + Backend.copyData([1]) + Backend.copyDone + Backend.complete("COPY 1"))
        #expect(relay.events == [])
    }

    @Test func parseTriggersOnTheMessageAfterIt() throws {
        var relay = Relay.ready([try rule(.parse, .cut(reset: false))])
        relay.client(Frontend.query("select 1") + Frontend.bind("known") + Frontend.execute() + Frontend.sync)
        relay.client(Frontend.parse("select 2"))
        #expect(relay.takenEvents() == [])
        relay.client(Frontend.bind())
        #expect(relay.takenEvents() == ["matched r", "close"])
        #expect(relay.seen(.server).last == "P select 2")
    }

    @Test func parseRuleAsksAboutTheParsedStatement() throws {
        let filter = WireFilter(statementPattern: "*two*")
        var relay = Relay.ready([try rule(.parse, .delay(3), filter: filter)])
        relay.client(Frontend.parse("select one") + Frontend.parse("select two", as: "s"))
        #expect(relay.takenEvents() == [])
        relay.client(Frontend.sync)
        #expect(relay.takenEvents() == ["matched r", "delay 3 server"])
        relay.client(Frontend.parse("select two") + Frontend.terminate)
        #expect(relay.takenEvents() == [])
    }

    @Test func commandCompleteCutHidesWhatIsDone() throws {
        var relay = Relay.ready([
            try rule(.commandComplete, .cut(reset: true), filter: WireFilter(statementPattern: "insert*"))
        ])
        relay.client(Frontend.query("select 1; insert into t values (1)"))
        relay.server(Backend.rowDescription + Backend.row("1") + Backend.complete("SELECT 1"))
        #expect(relay.takenEvents() == [])
        relay.server(Backend.complete("INSERT 0 1") + Backend.ready("I"))
        #expect(relay.takenEvents() == ["matched r", "reset"])
        #expect(relay.seen(.client) == ["T", "D \u{1} \u{1}1", "C SELECT 1"])
    }

    @Test func commitCompleteIsByTheServersTag() throws {
        var relay = Relay.ready([try rule(.commitComplete, .cut(reset: true))])
        relay.client(Frontend.query("begin; select 1; commit"))
        relay.server(Backend.complete("BEGIN") + Backend.complete("SELECT 1") + Backend.complete("ROLLBACK"))
        relay.server(Backend.ready("I"))
        #expect(relay.takenEvents() == [])
        relay.client(Frontend.query("end"))
        relay.server(Backend.complete("COMMIT") + Backend.ready("I"))
        #expect(relay.takenEvents() == ["matched r", "reset"])
        #expect(relay.seen(.client).suffix(2) == ["C ROLLBACK", "Z I"])
    }

    @Test func readyForQueryCanBeSwallowed() throws {
        let filter = WireFilter(transaction: .inTransaction, statementPattern: "begin")
        var relay = Relay.ready([try rule(.readyForQuery, .swallow, filter: filter)])
        relay.client(Frontend.query("select 1"))
        relay.server(Backend.complete("SELECT 1") + Backend.ready("I"))
        #expect(relay.seen(.client) == ["C SELECT 1", "Z I"])
        relay.client(Frontend.batch("begin") + Frontend.sync)
        relay.server(Backend.parseComplete + Backend.bindComplete + Backend.noData + Backend.complete("BEGIN"))
        relay.server(Backend.ready("T"))
        #expect(relay.seen(.client) == ["1", "2", "n", "C BEGIN"])
        #expect(relay.events == ["matched r"])
        #expect(relay.conversation.session.transaction == .inTransaction)
        // What is swallowed is gone.
        relay.replace([])
        #expect(relay.taken(.client) == [])
    }

    @Test func swallowedStatementIsNeverAnswered() throws {
        var relay = Relay.ready([try rule(.statement, .swallow, filter: WireFilter(statementPattern: "lost"))])
        relay.client(Frontend.query("lost") + Frontend.query("found"))
        #expect(relay.seen(.server) == ["Q found"])
        relay.server(Backend.complete("FOUND") + Backend.ready("I"))
        #expect(relay.seen(.client) == ["C FOUND", "Z I"])
        #expect(relay.conversation.session.isReady)
    }

    @Test func killingASessionByItsName() throws {
        let filter = WireFilter(application: "web-*")
        var relay = Relay.ready([try rule(.statement, .cut(reset: true), filter: filter)])
        relay.client(Frontend.query("select 1"))
        #expect(relay.events == ["matched r", "reset"])
        #expect(relay.taken(.server) == [])
        #expect(!relay.conversation.session.isReady)
    }
}
