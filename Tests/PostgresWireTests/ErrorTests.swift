import PostgresWire
import Testing

/// Errors that rules cause, against a model of a server.
@Suite struct ErrorTests {
    private let error = "E ERROR 40001 no"
    private let aborted = "E ERROR 25P02 the server's own"

    private func relay(
        _ trigger: WireRule.Trigger, _ pattern: String? = nil, _ action: WireRule.Action = .serializationFailure
    ) throws -> Relay {
        Relay.ready([try rule(trigger, action, filter: WireFilter(statementPattern: pattern))])
    }

    @Test func queryOutsideATransaction() throws {
        var relay = try relay(.statement, "insert bad")
        var server = ModelServer()
        #expect(relay.ask(Frontend.query("insert bad"), &server) == [error, "Z I"])
        #expect(relay.takenEvents() == ["matched r"])
        #expect(!server.log.contains("insert bad"))
        #expect(relay.ask(Frontend.query("insert good"), &server) == ["C INSERT 0 1", "Z I"])
        #expect(server.stored == ["insert good"])
        #expect(relay.conversation.session.isReady)
        #expect(relay.events == [])
    }

    @Test(arguments: ["commit", "rollback"])
    func queryInATransactionThatMustThenBeEnded(ending: String) throws {
        var relay = try relay(.statement, "insert bad")
        var server = ModelServer()
        #expect(relay.ask(Frontend.query("begin; insert one"), &server) == ["C BEGIN", "C INSERT 0 1", "Z T"])
        #expect(relay.ask(Frontend.query("insert bad"), &server) == [error, "Z E"])
        // The rule doesn't act in a failed transaction; the server says what is due.
        #expect(relay.ask(Frontend.query("insert bad"), &server) == [aborted, "Z E"])
        #expect(relay.ask(Frontend.batch("insert two") + Frontend.sync, &server) == [aborted, "Z E"])
        #expect(relay.ask(Frontend.query(ending), &server) == ["C ROLLBACK", "Z I"])
        #expect(relay.ask(Frontend.query("insert three"), &server) == ["C INSERT 0 1", "Z I"])
        #expect(server.stored == ["insert three"])
        #expect(relay.events == ["matched r"])
    }

    @Test func wayOutOfAFailedTransactionIsNotBarred() throws {
        var relay = try relay(.statement)
        relay.server(Backend.ready("E"))
        relay.client(Frontend.query("rollback"))
        #expect(relay.seen(.server) == ["Q rollback"])
        #expect(relay.events == [])
    }

    @Test func commitFailsAndEndsTheTransaction() throws {
        var relay = try relay(.commit)
        var server = ModelServer()
        _ = relay.ask(Frontend.query("begin; insert one"), &server)
        #expect(relay.ask(Frontend.query("commit"), &server) == [error, "Z I"])
        #expect(relay.ask(Frontend.query("insert two"), &server) == ["C INSERT 0 1", "Z I"])
        #expect(server.stored == ["insert two"])
        #expect(server.log.filter { $0 == "commit" } == [])
    }

    @Test func commitWithoutATransactionFails() throws {
        var relay = try relay(.commit)
        var server = ModelServer()
        // The warning that the server has for a ROLLBACK is none of the client's.
        #expect(relay.ask(Frontend.query("insert one; commit"), &server) == [error, "Z I"])
        #expect(server.stored == [])
    }

    @Test func executeFailsUntilSync() throws {
        var relay = try relay(.statement, "insert bad")
        var server = ModelServer()
        let batch = Frontend.batch("insert one") + Frontend.batch("insert bad") + Frontend.batch("insert two")
        let seen = relay.ask(batch + Frontend.sync, &server)
        #expect(seen == ["1", "2", "n", "C INSERT 0 1", "1", "2", "n", error, "Z I"])
        // What came before in the batch was not committed yet.
        #expect(server.stored == [])
        #expect(relay.ask(Frontend.batch("insert three") + Frontend.sync, &server).last == "Z I")
        #expect(server.stored == ["insert three"])
        #expect(relay.conversation.session.isReady)
        #expect(relay.events == ["matched r"])
    }

    @Test func executeInATransaction() throws {
        var relay = try relay(.statement, "insert bad")
        var server = ModelServer()
        _ = relay.ask(Frontend.batch("begin") + Frontend.batch("insert one") + Frontend.sync, &server)
        #expect(relay.ask(Frontend.batch("insert bad") + Frontend.sync, &server) == ["1", "2", "n", error, "Z E"])
        #expect(relay.ask(Frontend.batch("insert two") + Frontend.sync, &server) == [aborted, "Z E"])
        let seen = relay.ask(Frontend.batch("commit") + Frontend.sync, &server)
        #expect(seen == ["1", "2", "n", "C ROLLBACK", "Z I"])
        #expect(server.stored == [])
    }

    @Test func executedCommitFailsAndEndsTheTransaction() throws {
        var relay = try relay(.commit)
        var server = ModelServer()
        _ = relay.ask(Frontend.query("begin; insert one"), &server)
        let batch = Frontend.batch("COMMIT") + Frontend.batch("insert lost") + Frontend.sync
        #expect(
            relay.ask(batch + Frontend.query("insert two"), &server)
                == ["1", "2", "n", error, "Z I", "C INSERT 0 1", "Z I"])
        #expect(server.stored == ["insert two"])
        #expect(relay.conversation.session.isReady)
    }

    @Test(arguments: [
        Frontend.bind() + Frontend.execute() + Frontend.sync, Frontend.describe + Frontend.sync, Frontend.sync,
    ])
    func messageAfterParse(rest: [UInt8]) throws {
        var relay = try relay(.parse, "insert one")
        var server = ModelServer()
        #expect(relay.ask(Frontend.parse("insert one") + rest, &server) == ["1", error, "Z I"])
        #expect(server.stored == [])
        #expect(relay.ask(Frontend.parse("insert two") + Frontend.sync, &server) == ["1", "Z I"])
        #expect(relay.conversation.session.isReady)
    }

    @Test func errorComesBehindAnswersOfEarlierRequests() throws {
        var relay = try relay(.statement, "insert bad")
        var server = ModelServer()
        let queries = ["select 1", "insert bad", "select 2", "insert bad", "insert good"]
        let seen = relay.ask(queries.flatMap { Frontend.query($0) }, &server)
        let row = ["T", "D \u{1} \u{1}1", "C SELECT 1", "Z I"]
        #expect(seen == row + [error, "Z I"] + row + [error, "Z I", "C INSERT 0 1", "Z I"])
        #expect(server.stored == ["insert good"])
    }

    @Test func earlierErrorOfTheBatchComesInstead() throws {
        var relay = try relay(.statement, "insert bad")
        var server = ModelServer()
        let batch = Frontend.batch("nonsense") + Frontend.batch("insert bad") + Frontend.sync
        #expect(relay.ask(batch, &server) == ["1", "2", "n", "E ERROR 42601 the server's own", "Z I"])
        #expect(relay.ask(Frontend.query("select 1"), &server).last == "Z I")
    }

    @Test func discardedMessagesAreNotJudged() throws {
        var relay = try relay(.statement, "insert bad")
        var server = ModelServer()
        _ = relay.ask(Frontend.batch("nonsense"), &server)
        #expect(relay.ask(Frontend.batch("insert bad"), &server) == [])
        #expect(relay.events == [])
        #expect(relay.ask(Frontend.sync, &server) == ["Z I"])
        #expect(relay.ask(Frontend.batch("insert bad") + Frontend.sync, &server).contains(error))
    }

    @Test(arguments: ["57P01", "08006"])
    func sessionThatIsReadyEndsAtOnce(sqlState: String) throws {
        var relay = try relay(.statement, nil, .error(sqlState: sqlState, message: "bye"))
        relay.client(Frontend.query("select 1") + Frontend.query("select 2"))
        #expect(relay.seen(.client) == ["E FATAL \(sqlState) bye"])
        #expect(relay.taken(.server) == [])
        #expect(relay.events == ["matched r", "close"])
    }

    @Test func sessionEndsAfterWhatWasAskedBefore() throws {
        var relay = try relay(.statement, "last", .error(sqlState: "57P01", message: "bye"))
        relay.client(Frontend.query("first") + Frontend.query("last") + Frontend.query("more"))
        #expect(relay.seen(.server) == ["Q first", "H"])
        relay.server(Backend.rowDescription + Backend.row("1"))
        #expect(relay.seen(.client) == ["T", "D \u{1} \u{1}1"])
        relay.client(Frontend.query("still more"))
        #expect(relay.taken(.server) == [])
        relay.server(Backend.complete("SELECT 1") + Backend.ready("I"))
        #expect(relay.seen(.client) == ["C SELECT 1", "Z I", "E FATAL 57P01 bye"])
        #expect(relay.events == ["matched r", "close"])
    }

    @Test func sessionEndsWithinABatch() throws {
        var relay = try relay(.statement, "last", .error(sqlState: "57P01", message: "bye"))
        relay.client(Frontend.batch("last"))
        #expect(relay.seen(.server) == ["P last", "B", "D P", "H"])
        relay.server(Backend.parseComplete + Backend.bindComplete)
        #expect(relay.events == ["matched r"])
        relay.server(Backend.noData)
        #expect(relay.seen(.client) == ["1", "2", "n", "E FATAL 57P01 bye"])
        #expect(relay.events == ["matched r", "close"])
    }

    @Test func sessionEndsWhenTheServerFailsFirst() throws {
        var relay = try relay(.statement, "last", .error(sqlState: "57P01", message: "bye"))
        relay.client(Frontend.batch("last"))
        relay.server(Backend.error("42601"))
        #expect(relay.seen(.client) == ["E ERROR 42601 the server's own", "E FATAL 57P01 bye"])
        var other = try self.relay(.statement, "last", .error(sqlState: "57P01", message: "bye"))
        other.client(Frontend.query("first") + Frontend.query("last"))
        other.end(.server)
        #expect(other.seen(.client) == ["E FATAL 57P01 bye"])
        #expect(other.events == ["matched r", "close"])
    }

    @Test func sessionNeverEndsInTheMidstOfAMessage() throws {
        var relay = try relay(.statement, nil, .error(sqlState: "57P01", message: "bye"))
        let notification = Frontend.typed("A", Array(repeating: 1, count: 100))
        relay.server(Array(notification.prefix(50)))
        relay.client(Frontend.query("select 1"))
        relay.server(Array(notification.dropFirst(50)))
        let bytes = relay.taken(.client)
        #expect(Array(bytes.prefix(notification.count)) == notification)
        #expect(Transcript.messages(bytes).last == "E FATAL 57P01 bye")
    }

    @Test func serversOwnEndIsNotHidden() throws {
        var relay = try relay(.statement)
        relay.client(Frontend.query("select 1"))
        relay.server(Backend.error("57P01", severity: "FATAL"))
        relay.end(.server)
        #expect(relay.seen(.client) == ["E FATAL 57P01 the server's own"])
        #expect(relay.events == ["matched r", "end client"])
    }

    @Test func errorCanBeLate() throws {
        var relay = Relay.ready([
            try rule(.statement, .delay(30), name: "late"), try rule(.statement, .serializationFailure),
        ])
        relay.client(Frontend.query("select 1"))
        #expect(relay.events == ["matched late", "matched r", "delay 30 server"])
    }

    @Test func causedErrorRunsItsCourseWhenRulesAreGone() throws {
        var relay = try relay(.statement)
        relay.client(Frontend.query("select 1"))
        let answer = Backend.error("42601") + Backend.ready("I")
        relay.server(Array(answer.prefix(20)))
        relay.replace([])
        #expect(relay.taken(.client) == [])
        relay.server(Array(answer.dropFirst(20)))
        #expect(relay.seen(.client) == [error, "Z I"])
    }

    @Test func parametersThatARollbackBringsBackAreSeen() throws {
        var relay = try relay(.commit)
        relay.client(Frontend.query("commit"))
        relay.server(
            Backend.notice("hidden") + Backend.complete("ROLLBACK") + Backend.parameter("application_name", "old")
                + Backend.ready("I"))
        #expect(relay.seen(.client) == [error, "S", "Z I"])
        #expect(relay.conversation.session.application == "old")
    }
}
