import PostgresWire
import Testing

/// Pipelines, COPY, long messages, and bytes that come one at a time.
@Suite struct StreamTests {
    @Test func completionsBelongToTheirStatementsInAPipeline() throws {
        let filter = WireFilter(statementPattern: "insert b")
        var relay = Relay.ready([try rule(.commandComplete, .cut(reset: true), filter: filter)])
        relay.client(
            Frontend.batch("insert a") + Frontend.sync + Frontend.query("; select 1;; select 2")
                + Frontend.batch("insert b")
                + Frontend.sync)
        let prepared = Backend.parseComplete + Backend.bindComplete + Backend.noData
        relay.server(prepared + Backend.complete("INSERT 0 1") + Backend.ready("I"))
        relay.server(Backend.complete("SELECT 1") + Backend.complete("SELECT 1") + Backend.ready("I") + prepared)
        #expect(relay.events == [])
        relay.server(Backend.complete("INSERT 0 1"))
        #expect(relay.events == ["matched r", "reset"])
    }

    @Test func errorTakesTheRestOfItsBatch() throws {
        let filter = WireFilter(statementPattern: "insert b")
        var relay = Relay.ready([try rule(.commandComplete, .delay(1), filter: filter)])
        relay.client(Frontend.batch("insert a") + Frontend.batch("insert c") + Frontend.sync)
        relay.client(Frontend.batch("insert b") + Frontend.sync)
        relay.server(Backend.error("42601") + Backend.ready("I"))
        relay.server(Backend.parseComplete + Backend.bindComplete + Backend.noData + Backend.complete("INSERT 0 1"))
        #expect(relay.events == ["matched r", "delay 1 client"])
    }

    @Test func emptyQueryIsFollowed() {
        var relay = Relay.ready()
        relay.client(Frontend.query(" ; ") + Frontend.batch("") + Frontend.sync)
        relay.server(Backend.emptyQuery + Backend.ready("I") + Backend.parseComplete + Backend.bindComplete)
        relay.server(Backend.noData + Backend.emptyQuery + Backend.ready("I"))
        #expect(relay.conversation.session.isReady)
    }

    /// What each of these ends with is a query whose completion the rule has to find.
    @Test(arguments: [
        // COPY FROM by a simple query.
        (
            Frontend.query("copy t from stdin"), Backend.copyIn, Frontend.copyData([1, 2]) + Frontend.copyDone,
            Backend.complete("COPY 1") + Backend.ready("I")
        ),
        // The client gives up.
        (
            Frontend.query("copy t from stdin"), Backend.copyIn, Frontend.copyData([1, 2]) + Frontend.copyFail,
            Backend.error("57014") + Backend.ready("I")
        ),
        // The server fails while data still come.
        (
            Frontend.query("copy t from stdin"), Backend.copyIn + Backend.error("22P04") + Backend.ready("I"),
            Frontend.copyData([1, 2]) + Frontend.copyDone, []
        ),
        // A Sync that comes along with the Execute is ignored by the server, as it reads data by then.
        (
            Frontend.parse("copy t from stdin") + Frontend.bind() + Frontend.execute() + Frontend.sync,
            Backend.parseComplete + Backend.bindComplete + Backend.copyIn,
            Frontend.copyData([1]) + Frontend.copyDone + Frontend.sync, Backend.complete("COPY 1") + Backend.ready("I")
        ),
        // So is one after the server's answer.
        (
            Frontend.parse("copy t from stdin") + Frontend.bind() + Frontend.execute(),
            Backend.parseComplete + Backend.bindComplete + Backend.copyIn,
            Frontend.sync + Frontend.copyData([1]) + Frontend.copyDone + Frontend.sync,
            Backend.complete("COPY 1") + Backend.ready("I")
        ),
        // Everything at once, without waiting for the server.
        (
            Frontend.parse("copy t from stdin") + Frontend.bind() + Frontend.execute() + Frontend.copyData([1])
                + Frontend.copyDone + Frontend.sync,
            Backend.parseComplete + Backend.bindComplete + Backend.copyIn + Backend.complete("COPY 1")
                + Backend.ready("I"), [], []
        ),
        // The server fails in a batch, and discards until Sync.
        (
            Frontend.parse("copy t from stdin") + Frontend.bind() + Frontend.execute(),
            Backend.parseComplete + Backend.bindComplete + Backend.copyIn + Backend.error("22P04"),
            Frontend.copyData([1]) + Frontend.copyDone + Frontend.sync, Backend.ready("I")
        ),
        // COPY TO, both ways.
        (
            Frontend.query("copy t to stdout"), Backend.copyOut + Backend.copyData([1]) + Backend.copyDone, [],
            Backend.complete("COPY 1") + Backend.ready("I")
        ),
        (
            Frontend.batch("copy t to stdout") + Frontend.sync,
            Backend.parseComplete + Backend.bindComplete + Backend.noData + Backend.copyOut + Backend.copyData([1])
                + Backend.copyDone, [], Backend.complete("COPY 1") + Backend.ready("I")
        ),
    ])
    func copy(first: [UInt8], answer: [UInt8], second: [UInt8], end: [UInt8]) throws {
        let filter = WireFilter(statementPattern: "after")
        var relay = Relay.ready([try rule(.commandComplete, .delay(1), filter: filter)])
        relay.client(first)
        relay.server(answer)
        relay.client(second)
        relay.server(end)
        #expect(relay.taken(.server) == first + second)
        #expect(relay.taken(.client) == answer + end)
        #expect(relay.events == [])
        relay.client(Frontend.query("after"))
        relay.server(Backend.complete("AFTER") + Backend.ready("I"))
        #expect(relay.events == ["matched r", "delay 1 client"])
        #expect(relay.conversation.session.isReady)
    }

    @Test func copyCompletionBelongsToItsStatement() throws {
        let filter = WireFilter(statementPattern: "copy*")
        var relay = Relay.ready([try rule(.commandComplete, .swallow, filter: filter)])
        relay.client(Frontend.query("copy t from stdin"))
        relay.server(Backend.copyIn)
        relay.client(Frontend.copyData([1]) + Frontend.copyDone)
        relay.server(Backend.complete("COPY 1") + Backend.ready("I"))
        #expect(relay.seen(.client) == ["G", "Z I"])
    }

    /// Nothing of a body is kept, whatever its length.
    @Test func longBodiesStream() throws {
        var relay = Relay.ready([try rule(.dataRow(2), .cut(reset: true)), try rule(.statement, .delay(1), name: "s")])
        let part = [UInt8](repeating: 7, count: 1 << 16)
        let header = [UInt8(ascii: "D")] + Frontend.int32(0x7fff_ffff)
        relay.client(Frontend.query("select"))
        relay.server(header)
        #expect(relay.taken(.client) == header)
        for _ in 0..<64 {
            relay.server(part)
            #expect(relay.taken(.client) == part)
        }
    }

    @Test func longRowIsForwardedBeforeTheCut() throws {
        var relay = Relay.ready([try rule(.dataRow(1), .cut(reset: false))])
        let row = Backend.row([UInt8](repeating: 7, count: 3 << 20))
        relay.client(Frontend.query("select"))
        relay.server(Array(row.prefix(1 << 20)))
        #expect(relay.takenEvents() == ["matched r"])
        relay.server(Array(row.dropFirst(1 << 20)) + Backend.row("no"))
        #expect(relay.takenEvents() == ["close"])
        #expect(relay.taken(.client) == row)
    }

    @Test func swallowedLongRowLeavesNoTrace() throws {
        var relay = Relay.ready([try rule(.dataRow(1), .swallow)])
        let row = Backend.row([UInt8](repeating: 7, count: 3 << 20))
        relay.client(Frontend.query("select"))
        for start in stride(from: 0, to: row.count, by: 100_000) {
            relay.server(Array(row[start..<min(row.count, start + 100_000)]))
        }
        relay.server(Backend.row("next"))
        #expect(relay.seen(.client) == ["D \u{1} \u{4}next"])
    }

    @Test func copyDataStreamsBothWays() {
        let data = [UInt8](repeating: 1, count: 2 << 20)
        for side in WireSide.allCases {
            var relay = Relay.ready()
            let message = Frontend.copyData(data)
            let actions = relay.conversation.receive(message[..<100_000], from: side)
            #expect(actions == [.forward(to: side.opposite, bytes: message[..<100_000], after: 0)])
        }
    }

    /// Of a statement beyond the first MiB nothing is known, and it is followed all the same.
    @Test func longStatementsAreJudgedByTheirBeginning() throws {
        let query = Frontend.query("insert " + String(repeating: "x", count: 3 << 20) + "; commit")
        let filter = WireFilter(statementPattern: "insert xx*")
        for (action, isForwarded) in [(WireRule.Action.delay(1), true), (.swallow, false)] {
            var relay = Relay.ready([
                try rule(.statement, action, filter: filter), try rule(.commit, .cut(reset: true), name: "c"),
            ])
            relay.client(Array(query.prefix(1 << 19)))
            #expect(relay.taken(.server) == [])
            relay.client(Array(query.dropFirst(1 << 19)))
            #expect(relay.taken(.server) == (isForwarded ? query : []))
            relay.client(Frontend.query("next"))
            #expect(relay.seen(.server) == ["Q next"])
            #expect(relay.events.first == "matched r")
            #expect(!relay.events.contains("reset"))
        }
    }

    @Test func longParametersStream() throws {
        var relay = Relay.ready([try rule(.statement, .delay(1), filter: WireFilter(statementPattern: "insert"))])
        let bind = Frontend.bind("s", to: "p", parameter: [UInt8](repeating: 0, count: 5 << 20))
        relay.client(Frontend.parse("insert", as: "s") + Array(bind.prefix(1 << 20)))
        #expect(relay.taken(.server).count > 1 << 20)
        relay.client(Array(bind.dropFirst(1 << 20)) + Frontend.execute("p"))
        #expect(relay.events == ["matched r", "delay 1 server"])
    }

    @Test func wholeMessagesOfOneReadAreOneAction() {
        var relay = Relay.ready()
        let bytes = Backend.rowDescription + (0..<100).flatMap { Backend.row("\($0)") } + Backend.complete("SELECT 100")
        #expect(
            relay.conversation.receive(bytes[...], from: .server)
                == [.forward(to: .client, bytes: bytes[...], after: 0)])
    }

    @Test func slicesNeedNotBeginAtZero() throws {
        var relay = Relay.ready([try rule(.statement, .swallow, filter: WireFilter(statementPattern: "lost"))])
        let bytes = [9, 9, 9] + Frontend.query("lost") + Frontend.query("found") + [9]
        relay.take(relay.conversation.receive(bytes[3..<(bytes.count - 1)], from: .client))
        #expect(relay.seen(.server) == ["Q found"])
    }

    @Test func oneByteAtATimeIsTheSame() throws {
        let rules = [
            try rule(
                .statement, .delay(1), name: "a",
                filter: WireFilter(application: "web-1", statementPattern: "insert*")),
            try rule(.statement, .serializationFailure, name: "b", filter: WireFilter(statementPattern: "*bad")),
            try rule(.commitComplete, .delay(1), name: "c"), try rule(.dataRow(1), .swallow, name: "d"),
            try rule(.authentication, .delay(1), name: "e"), try rule(.parse, .delay(1), name: "f"),
            try rule(.readyForQuery, .delay(1), name: "g", filter: WireFilter(transaction: .inTransaction)),
        ]
        let client =
            Frontend.sslRequest + Frontend.startup([("user", "ann"), ("application_name", "web-1")])
            + Frontend.query("begin; insert 1") + Frontend.batch("insert 2") + Frontend.sync
            + Frontend.query("select 1")
            + Frontend.query("bad") + Frontend.query("commit") + Frontend.terminate
        let server =
            Backend.welcome + Backend.complete("BEGIN") + Backend.complete("INSERT 0 1") + Backend.ready("T")
            + Backend.parseComplete + Backend.bindComplete + Backend.noData + Backend.complete("INSERT 0 1")
            + Backend.ready("T") + Backend.row("1") + Backend.complete("SELECT 1") + Backend.ready("T")
            + Backend.error("42601") + Backend.ready("T") + Backend.complete("COMMIT") + Backend.ready("I")
        var whole = Relay(rules)
        var pieces = Relay(rules)
        whole.client(client)
        for byte in client { pieces.client([byte]) }
        whole.server(server)
        for byte in server { pieces.server([byte]) }
        #expect(whole.bytes == pieces.bytes)
        #expect(whole.events == pieces.events)
        #expect(
            whole.events.filter { $0.hasPrefix("matched") }.map { $0.suffix(1) } == [
                "a", "f", "a", "b", "e", "g", "g", "d", "g", "g", "c",
            ])
        #expect(whole.conversation.session.isReady == pieces.conversation.session.isReady)
    }

    @Test func manyRequestsInFlight() throws {
        var relay = Relay.ready([try rule(.commandComplete, .swallow, filter: WireFilter(statementPattern: "q 9999"))])
        for number in 0..<10_000 { relay.client(Frontend.query("q \(number)")) }
        relay.clear()
        for _ in 0..<10_000 { relay.server(Backend.complete("Q") + Backend.ready("I")) }
        #expect(relay.events == ["matched r"])
        #expect(relay.conversation.session.isReady)
    }
}
