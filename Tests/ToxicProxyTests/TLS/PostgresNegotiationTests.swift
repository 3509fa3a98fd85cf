import CLinux
import Glibc
import TLSFixture
import Testing
import ToxicProxy

/// What a client of PostgreSQL can begin with where the proxy ends its TLS.
@Suite(.certificates, .serialized, .timeLimit(.minutes(1))) struct PostgresNegotiationTests {
    private static let sslRequest: [UInt8] = [0, 0, 0, 8, 4, 210, 22, 47]
    private static let gssencRequest: [UInt8] = [0, 0, 0, 8, 4, 210, 22, 48]
    private static let cancelRequest: [UInt8] = [0, 0, 0, 16, 4, 210, 22, 46, 0, 0, 0, 7, 0, 0, 0, 9]
    private static let startup: [UInt8] = [0, 0, 0, 16, 0, 3, 0, 0] + Array("user".utf8) + [0, 0x61, 0, 0]

    private let certificates: TestCertificates

    init() throws {
        certificates = try #require(TestCertificates.current)
    }

    private func scene(within timeout: Duration = .seconds(10)) async throws -> TLSScene {
        var settings = TLSScene.settings(.client, certificates)
        settings.followsPostgres = true
        settings.dialTimeout = timeout
        return try await TLSScene(.client, certificates, settings)
    }

    private func client(_ pair: SocketPair, offering protocols: String? = nil) throws -> TLSEnd {
        let name = protocols.map { [UInt8($0.utf8.count)] + Array($0.utf8) } ?? []
        return try TLSEnd(
            .client(ca: certificates.ca, name: TestCertificates.serverName), descriptor: pair.client,
            sending: PostgresNegotiationTests.startup, offering: name)
    }

    /// Has the client's startup go through, or not.
    private func reaches(_ client: TLSEnd, _ pair: SocketPair) async -> Bool {
        var server = TrafficEnd(descriptor: pair.server, sending: [1])
        _ = await TLSScene.wait {
            client.send(100)
            client.receive(1)
            server.receive(100)
            return server.received.count >= PostgresNegotiationTests.startup.count || client.error != 0
                || client.isAtEnd || server.isAtEnd
        }
        return server.received == PostgresNegotiationTests.startup
    }

    private func answer(_ request: [UInt8], _ descriptor: Int32) async -> [UInt8] {
        #expect(cl_stream_write(descriptor, request, request.count) == Int64(request.count))
        var end = TrafficEnd(descriptor: descriptor, sending: [])
        _ = await TLSScene.wait {
            end.receive(1)
            return !end.received.isEmpty || end.isAtEnd || end.error != 0
        }
        return end.received
    }

    @Test func requestsForEncryptionAreAnswered() async throws {
        let scene = try await scene()
        let pair = try scene.pair()
        #expect(await answer(PostgresNegotiationTests.gssencRequest, pair.client) == [UInt8(ascii: "N")])
        #expect(await answer(PostgresNegotiationTests.sslRequest, pair.client) == [UInt8(ascii: "S")])
        #expect(await reaches(try client(pair), pair))
        #expect(scene.reading.lastRefusal == nil)
        pair.close()
        await scene.close()
    }

    @Test(arguments: ["postgresql", "http/1.1", nil])
    func tlsAtOnceNeedsTheProtocolsName(_ name: String?) async throws {
        let scene = try await scene()
        let pair = try scene.pair()
        #expect(await reaches(try client(pair, offering: name), pair) == (name == "postgresql"))
        let reason = scene.reading.lastRefusal ?? "none"
        let words =
            switch name {
            case "postgresql": "none"
            case nil: "does not ask for the protocol"
            default: "no application protocol"
            }
        #expect(reason.contains(words), "\(reason)")
        pair.close()
        await scene.close()
    }

    /// Somebody in between could put them there (CVE-2021-23222).
    @Test func bytesBehindTheRequestAreNotTakenForTheClients() async throws {
        let scene = try await scene()
        let pair = try scene.pair()
        let request = PostgresNegotiationTests.sslRequest + PostgresNegotiationTests.startup
        #expect(await answer(request, pair.client) == [UInt8(ascii: "S")])
        #expect(await !reaches(try client(pair), pair))
        #expect(await TLSScene.wait { scene.reading.failedClientHandshakes == 1 })
        pair.close()
        await scene.close()
    }

    /// libpq before 17 sends it so whatever its session has.
    @Test func aCancelRequestNeedsNoTLS() async throws {
        let scene = try await scene()
        let pair = try scene.pair()
        var client = TrafficEnd(descriptor: pair.client, sending: PostgresNegotiationTests.cancelRequest)
        var server = TrafficEnd(descriptor: pair.server, sending: [])
        #expect(
            await TLSScene.wait {
                client.send(100)
                server.receive(100)
                return server.isAtEnd
            })
        #expect(server.received == PostgresNegotiationTests.cancelRequest && scene.reading.lastRefusal == nil)
        pair.close()
        await scene.close()
    }

    @Test func halfARequestTimesOut() async throws {
        let scene = try await scene(within: .milliseconds(500))
        let pair = try scene.pair()
        #expect(await answer([0, 0, 0], pair.client) == [])
        #expect(scene.reading.lastRefusal?.contains("no handshake within 500 ms") == true)
        pair.close()
        await scene.close()
    }
}
