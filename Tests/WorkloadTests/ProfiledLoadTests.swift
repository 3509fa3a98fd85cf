import Foundation
import LinuxSystem
import Postgres
import PostgresFixture
import SeededRandom
import Testing

@testable import Scenarios
@testable import Workload

/// The load of a profile: what is sent, what an answer means, and which writes are found again.
@Suite struct ProfiledLoadTests {
    static let requests: TargetProfile.Requests = {
        do {
            return try ProfileReader.read(
                """
                apiVersion: brink/v1
                profile: shop
                service: {program: /bin/shop, ready: /ready}
                load:
                  endpoint: /graphql
                  headers: {X-Shop: test}
                  requests:
                    book:
                      weight: 3
                      query: "query($id: Int!) { book(id: $id) { id } }"
                      variables: {id: "{random:1..1000}", note: "no {random:1..1000}"}
                      answer: data.book.id
                      equals: "{random:1..1000}"
                    list: {get: "/books?from={random:0..9}", answer: "0.id"}
                    order: {write: true, post: /orders, body: {key: "{key}"}, answer: key, equals: "{key}"}
                  stored: SELECT id FROM shop_orders WHERE starts_with(id, $1)
                  errors: {poolTimeout: no connection}
                """, file: "p.yaml", folder: "/", fileText: { _ in nil }
            ).requests
        } catch {
            fatalError("\(error)")
        }
    }()

    static func load(mix: String = "default", rate: Double = 200) -> Load {
        Load(
            destination: .http(.service("app")), rate: rate, mix: mix, writes: 0.3, timeout: .seconds(5),
            maximumInFlight: 100, requests: requests)
    }

    private func drawn(_ name: String, seed: UInt64 = 1) throws -> ProfiledRequest {
        var generator = SeededGenerator(seed: seed)
        let kind = try #require(Self.requests.kinds.first { $0.name == name })
        return ProfiledRequest(kind, endpoint: "/graphql", key: "r-1", &generator)
    }

    @Test func aRequestDrawsEachNumberOnce() throws {
        let request = try drawn("book")
        let expected = try #require(request.expected)
        let body = try #require(request.body)
        let json = try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
        let variables = try #require(json["variables"] as? [String: Any])
        #expect(variables["id"] as? Int == Int(expected))
        #expect(variables["note"] as? String == "no \(expected)")
        #expect((json["query"] as? String)?.hasPrefix("query($id") == true)
        #expect((request.method, request.path) == ("POST", "/graphql"))
        #expect(request.key == nil)
        #expect(Set(try (1...50).map { try drawn("book", seed: $0).expected }).count > 30)
    }

    @Test func aPlainRequest() throws {
        let list = try drawn("list")
        #expect(list.method == "GET")
        #expect(list.path.wholeMatch(of: /\/books\?from=[0-9]/) != nil)
        #expect(list.body == nil)
        let order = try drawn("order")
        #expect(order.key == "r-1")
        #expect(order.body.map { String(decoding: $0, as: UTF8.self) } == #"{"key":"r-1"}"#)
    }

    @Test(
        arguments: [
            (#"{"key":"r-1"}"#, 200, nil, WriteOutcome.acked), (#"{"key":"r-1"}"#, 201, nil, .acked),
            (#"{"key":"r-2"}"#, 200, .wrongAnswer, .unknown), (#"{"key":null}"#, 200, .wrongAnswer, .unknown),
            ("{}", 200, .wrongAnswer, .unknown), ("not JSON", 200, .wrongAnswer, .unknown),
            (#"{"key":"r-1"}"#, 503, .http, .unknown), ("no connection in time", 503, .poolTimeout, .unknown),
            (#"{"errors":[{"message":"oh"}]}"#, 200, .graphql, .unknown),
            (#"{"data":null,"errors":[{"message":"there was no connection"}]}"#, 200, .poolTimeout, .unknown),
        ] as [(String, Int, RequestOutcome.ErrorClass?, WriteOutcome)])
    func whatAnAnswerMeans(_ body: String, _ status: Int, _ expected: RequestOutcome.ErrorClass?, _ row: WriteOutcome)
        throws
    {
        let answer = ProfiledAnswer(errors: Self.requests.errors)
            .judge(status: status, body: Data(body.utf8), try drawn("order"))
        #expect(answer.0.errorClass == expected)
        #expect(answer.1 == row)
    }

    @Test func sharesOfTheMix() {
        let transport = ProfiledTransport(
            base: "http://x", requests: Self.requests, timeout: .seconds(1), database: nil)
        func keys(_ mix: String) -> [String?] {
            var source = ProfiledArrivals(
                Self.requests, load: Self.load(mix: mix), transport: transport, keyPrefix: "k", seed: 3)
            return (0..<2000).map { _ in source.next().key }
        }
        let usual = keys("default").compactMap { $0 }
        #expect((500...700).contains(usual.count))
        #expect(Set(usual).count == usual.count)
        #expect(usual.allSatisfy { $0.hasPrefix("k-") })
        #expect(keys("reads").allSatisfy { $0 == nil })
        #expect(keys("writes").allSatisfy { $0 != nil })
    }
}

/// Against a server on loopback that stores what it is sent in a real PostgreSQL.
@Suite(.serialized, .fixtureCluster, .enabled(if: FixtureCluster.isAvailable)) struct ProfiledLedgerTests {
    private func run(losing lost: Bool) async throws -> (LoadRecorder, LedgerCheckInput) {
        let cluster = try #require(FixtureCluster.current)
        let session = try await PostgresSession.connect(cluster.connectionString)
        defer { session.close() }
        _ = try await session.execute(
            "DROP TABLE IF EXISTS shop_orders; CREATE TABLE shop_orders (id text PRIMARY KEY)")
        let shop = try await ShopServer.start { method, path, body in
            if method == "GET" { return (200, #"[{"id":1}]"#) }
            guard let json = try JSONSerialization.jsonObject(with: body) as? [String: Any] else { return (400, "{}") }
            if path == "/graphql" {
                let id = (json["variables"] as? [String: Any])?["id"] as? Int ?? 0
                return (200, #"{"data":{"book":{"id":\#(id)}}}"#)
            }
            let key = json["key"] as? String ?? ""
            // One that says it is stored and forgets it: what the ledger is there to find.
            if !lost || !key.hasSuffix("5") {
                _ = try await session.query("INSERT INTO shop_orders VALUES ($1)", [key])
            }
            return (200, #"{"key":"\#(key)"}"#)
        }
        let path = "/tmp/brink-profile-\(getpid())-\(UInt32.random(in: .min ... .max))"
        defer { try? SystemFile.removeTree(path) }
        let requests = ProfiledLoadTests.requests
        let transport = ProfiledTransport(
            base: "http://127.0.0.1:\(shop.port)", requests: requests, timeout: .seconds(5),
            database: cluster.connectionString)
        let recorder = LoadRecorder()
        let ledger = try Ledger(path: path)
        let load = ProfiledLoadTests.load()
        let generator = LoadGenerator(
            load: load,
            source: ProfiledArrivals(requests, load: load, transport: transport, keyPrefix: "k", seed: 4),
            recorder: recorder, ledger: ledger, start: MonotonicClock.now(), seed: 4)
        await generator.begin()
        while ledger.entries.outcomes.count < 40 { try await Task.sleep(for: .milliseconds(10)) }
        await generator.end()
        let stored = try await transport.storedKeys(prefix: "k-")
        try await transport.shutdown()
        try await shop.stop()
        let entries = ledger.entries
        return (recorder, LedgerCheckInput(sent: entries.sent, outcomes: entries.outcomes, stored: stored))
    }

    private struct LedgerCheckInput {
        let sent: Set<String>
        let outcomes: [String: WriteOutcome]
        let stored: Set<String>
    }

    @Test func everyAcknowledgedWriteIsFound() async throws {
        let (recorder, input) = try await run(losing: false)
        let count = LedgerCheck().check(sent: input.sent, outcomes: input.outcomes, stored: input.stored)
        #expect(count.acked == count.sent)
        #expect(count.acked >= 40)
        #expect((count.lost, count.phantom) == (0, 0))
        #expect(recorder.metrics(from: 0, to: 1e9)["errors.rate"] == 0)
    }

    @Test func oneThatWasNotStoredIsLost() async throws {
        let (_, input) = try await run(losing: true)
        let count = LedgerCheck().check(sent: input.sent, outcomes: input.outcomes, stored: input.stored)
        #expect(count.lost > 0)
        #expect(count.lostKeys.allSatisfy { $0.hasSuffix("5") })
    }
}
