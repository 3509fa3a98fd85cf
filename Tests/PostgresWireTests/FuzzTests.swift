import PostgresWire
import SeededRandom
import Testing

/// Streams that nobody should send.
@Suite struct FuzzTests {
    private static let client: [[UInt8]] = [
        Frontend.query("begin; insert into t values ($$x$$, E'\\'', \"q\"); commit"), Frontend.batch("select 1"),
        Frontend.sync, Frontend.flush, Frontend.bind("s", to: "p"), Frontend.execute("p"),
        Frontend.copyData([1, 2, 3]),
        Frontend.copyDone, Frontend.copyFail, Frontend.parse("create function f() begin atomic select 1; end", as: "s"),
        Frontend.close(statement: "s"), Frontend.password("x"), Frontend.query("/* /* */ ' $a$"), Frontend.typed("F"),
        Frontend.query("rollback to savepoint a"), Frontend.query("commit"), Frontend.terminate,
    ]
    private static let server: [[UInt8]] = [
        Backend.welcome, Backend.ready("I"), Backend.ready("T"), Backend.ready("E"), Backend.complete("COMMIT"),
        Backend.complete("SELECT 1"), Backend.error("42601"), Backend.error("57P01", severity: "FATAL"),
        Backend.row("value"), Backend.rowDescription, Backend.parseComplete, Backend.bindComplete, Backend.noData,
        Backend.closeComplete, Backend.portalSuspended, Backend.emptyQuery, Backend.copyIn, Backend.copyOut,
        Backend.copyData([4]), Backend.copyDone, Backend.notice("n"), Backend.parameter("application_name", "a"),
    ]
    private static let starts: [[UInt8]] = [
        Frontend.startup(), Frontend.startup(version: 0x0003_0002), Frontend.cancelRequest, Frontend.sslRequest,
        Frontend.startup(version: 1), [0x16, 3, 1], [],
    ]

    /// A stream and how it is cut, the same for a seed.
    private struct Stream {
        var bytes: [UInt8]
        init(_ side: WireSide, _ generator: inout SeededGenerator) {
            bytes = []
            var requests = 0
            if side == .client {
                while Int.random(in: 0..<4, using: &generator) == 0 {
                    bytes += Bool.random(using: &generator) ? Frontend.sslRequest : Frontend.gssencRequest
                    requests += 1
                }
                let isSound = Int.random(in: 0..<4, using: &generator) > 0
                bytes += isSound ? Frontend.startup() : FuzzTests.starts.randomElement(using: &generator) ?? []
            }
            let kinds = side == .client ? FuzzTests.client : FuzzTests.server
            for _ in 0..<Int.random(in: 0..<25, using: &generator) {
                bytes += kinds.randomElement(using: &generator) ?? []
            }
            let mutations = Int.random(in: 0..<4, using: &generator)
            for _ in 0..<mutations { mutate(after: side == .client ? requests * 8 : 0, &generator) }
        }

        private mutating func mutate(after start: Int, _ generator: inout SeededGenerator) {
            guard bytes.count > start else { return }
            let place = Int.random(in: start..<bytes.count, using: &generator)
            switch Int.random(in: 0..<5, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
            case 3: bytes.removeSubrange(place..<min(bytes.count, place + 40))
            default: bytes[place] = [0, 0x7f, 0x80, 0xff].randomElement(using: &generator) ?? 0
            }
        }

        mutating func chunk(_ generator: inout SeededGenerator) -> ArraySlice<UInt8> {
            let part = bytes.prefix(Int.random(in: 1...40, using: &generator))
            bytes.removeFirst(part.count)
            return part
        }
    }

    /// Feeds both streams in turn, in chunks, and ends them.
    private func run(
        _ relay: inout Relay, _ client: Stream, _ server: Stream, _ generator: inout SeededGenerator,
        between: (inout Relay) -> Void = { _ in }
    ) {
        var client = client
        var server = server
        while !client.bytes.isEmpty || !server.bytes.isEmpty {
            if Bool.random(using: &generator) {
                relay.take(relay.conversation.receive(client.chunk(&generator), from: .client))
            } else {
                relay.take(relay.conversation.receive(server.chunk(&generator), from: .server))
            }
            between(&relay)
        }
        relay.end(.client)
        relay.end(.server)
    }

    @Test func withoutRulesWhatGoesInComesOut() {
        var refusals = 0
        for seed in 0..<10_000 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let client = Stream(.client, &generator)
            let server = Stream(.server, &generator)
            var relay = Relay(seed: seed)
            run(&relay, client, server, &generator)
            let toServer = relay.taken(.server)
            let toClient = relay.taken(.client)
            let (sent, answers) = withoutRequestsForEncryption(client.bytes)
            if relay.events.contains("refused") {
                refusals += 1
                #expect(relay.events.suffix(2) == ["refused", "close"])
                #expect(sent.starts(with: toServer), "seed \(seed)")
                #expect(letters(in: toClient, besides: server.bytes).map { $0 <= answers } == true, "seed \(seed)")
            } else {
                #expect(relay.events == ["end server", "end client"])
                #expect(toServer == Array(sent), "seed \(seed)")
                #expect(toClient.count == server.bytes.count + answers, "seed \(seed)")
                #expect(letters(in: toClient, besides: server.bytes) == answers, "seed \(seed)")
            }
        }
        #expect((500...9000).contains(refusals))
    }

    /// What the server is to get, and how many requests are swallowed: mutations and chance may have made more of them,
    /// and with any length.
    private func withoutRequestsForEncryption(_ bytes: [UInt8]) -> (rest: ArraySlice<UInt8>, count: Int) {
        var rest = bytes[...]
        var count = 0
        let codes = [Frontend.sslRequest.suffix(4), Frontend.gssencRequest.suffix(4)]
        while rest.count >= 8, codes.contains(rest.dropFirst(4).prefix(4)) {
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard (8...10_004).contains(length), length <= rest.count else { break }
            rest = rest.dropFirst(length)
            count += 1
        }
        return (rest, count)
    }

    /// How many letters N are in what came out besides what went in, or its beginning: the answers to requests for
    /// encryption come anywhere in what this server says before it is asked. Nil when there is anything else.
    private func letters(in bytes: [UInt8], besides sent: [UInt8]) -> Int? {
        var place = 0
        for byte in bytes {
            if place < sent.count, sent[place] == byte {
                place += 1
            } else if byte != UInt8(ascii: "N") {
                return nil
            }
        }
        return bytes.count - place
    }

    @Test func withRulesNothingBreaks() throws {
        let triggers: [WireRule.Trigger] = [
            .authentication, .statement, .commit, .dataRow(1), .parse, .commandComplete, .commitComplete,
            .readyForQuery,
        ]
        let actions: [WireRule.Action] = [
            .delay(5), .swallow, .serializationFailure, .error(sqlState: "57P01", message: "bye"), .cut(reset: true),
        ]
        var matches = 0
        for seed in 0..<4000 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var rules: [WireRule] = []
            for number in 0..<3 {
                let trigger = triggers.randomElement(using: &generator) ?? .statement
                var action = actions.randomElement(using: &generator) ?? .swallow
                if case .error = action, ![.authentication, .statement, .commit, .parse].contains(trigger) {
                    action = .delay(1)
                }
                let filter = WireFilter(statementPattern: [nil, "*commit*"].randomElement(using: &generator) ?? nil)
                rules.append(try rule(trigger, action, name: "\(number)", filter: filter, probability: 0.5))
            }
            let client = Stream(.client, &generator)
            let server = Stream(.server, &generator)
            var relay = Relay(rules, seed: seed)
            var count = 0
            run(&relay, client, server, &generator) { relay in
                count += 1
                if count == 10 { relay.replace(Array(rules.prefix(1))) }
            }
            matches += relay.events.filter { $0.hasPrefix("matched") }.count
            let closings = relay.events.filter { ["close", "reset"].contains($0) }.count
            #expect(closings <= 1)
            if closings == 1 { #expect(["close", "reset"].contains(relay.events.last ?? "")) }
        }
        #expect(matches > 1000)
    }
}
