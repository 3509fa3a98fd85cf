import CLinux
import COpenSSL
import Glibc
import TLSFixture
import Testing
import ToxicProxy

/// TLS that the proxy ends and begins, against OpenSSL used straight.
@Suite(.certificates, .serialized, .timeLimit(.minutes(1))) struct TLSTests {
    private let certificates: TestCertificates

    init() throws {
        certificates = try #require(TestCertificates.current)
    }

    /// Has both ends send all they have and read to the end.
    private func exchange(_ ends: (client: any TrafficPeer, server: any TrafficPeer)) async -> (
        client: any TrafficPeer, server: any TrafficPeer
    ) {
        var (client, server) = ends
        _ = await TLSScene.wait {
            client.send(1 << 16)
            server.send(1 << 16)
            client.receive(1 << 16)
            server.receive(1 << 16)
            return client.isOver && server.isOver
        }
        return (client, server)
    }

    @Test(arguments: TLSScene.Sides.allCases, [TLSScene.version12, TLSScene.version13])
    func bytesPassBothWaysAndEachDirectionEnds(_ sides: TLSScene.Sides, _ version: Int32) async throws {
        let scene = try await TLSScene(sides, certificates)
        let pair = try scene.pair()
        let request = [UInt8](repeating: 7, count: 300_000)
        let answer = [UInt8](repeating: 8, count: 500_000)
        let (client, server) = await exchange(try scene.ends(pair, request: request, answer: answer, version: version))
        let isWhole = (client.received == answer, server.received == request)
        #expect(client.error == 0 && client.isAtEnd && isWhole.0)
        #expect(server.error == 0 && server.isAtEnd && isWhole.1)
        #expect(await TLSScene.wait { scene.reading.open == 0 })
        let reading = scene.reading
        #expect(reading.connections == 1 && reading.splicedBytes == 0 && reading.lastRefusal == nil)
        #expect(reading.upstreamBytes == 300_000 && reading.downstreamSent == 500_000)
        #expect(reading.truncatedStreams == 0 && reading.brokenStreams == 0)
        pair.close()
        await scene.close()
    }

    /// The server ends first; the client goes on sending on the direction that is left.
    @Test(arguments: TLSScene.Sides.allCases)
    func aDirectionOutlivesTheOther(_ sides: TLSScene.Sides) async throws {
        let scene = try await TLSScene(sides, certificates)
        let pair = try scene.pair()
        var (client, server) = try scene.ends(pair, request: [1, 2, 3])
        #expect(
            await TLSScene.wait {
                client.receive(9)
                server.send(9)
                return client.isAtEnd
            })
        #expect(
            await TLSScene.wait {
                client.send(3)
                server.receive(9)
                return server.isAtEnd
            })
        #expect(server.received == [1, 2, 3] && client.error == 0 && server.error == 0)
        pair.close()
        await scene.close()
    }

    @Test func toxicsActOnPlainBytesBetween() async throws {
        let scene = try await TLSScene(.both, certificates)
        await scene.proxy.add(
            try ToxicSpecification(name: "c", type: "corrupt", direction: .upstream, attributes: ["offset": .number(1)])
        )
        await scene.proxy.add(
            try ToxicSpecification(name: "l", type: "latency", attributes: ["latency": .number(120)]))
        let pair = try scene.pair()
        let start = ContinuousClock.now
        let (client, server) = await exchange(try scene.ends(pair, request: [5, 5, 5], answer: [6]))
        #expect(server.received.count == 3 && server.received[0] == 5 && server.received[1] != 5)
        #expect(client.received == [6] && ContinuousClock.now - start >= .milliseconds(120))
        pair.close()
        await scene.close()
    }

    /// A toxic closes the connection: for the client that is an end, and not an attack.
    @Test func aToxicsCloseIsACleanEnd() async throws {
        let scene = try await TLSScene(.client, certificates)
        await scene.proxy.add(try ToxicSpecification(type: "timeout", attributes: ["timeout": .number(50)]))
        let pair = try scene.pair()
        let client = try #require(try scene.ends(pair, request: [1]).client as? TLSEnd)
        #expect(
            await TLSScene.wait {
                client.send(1)
                client.receive(1)
                return client.isAtEnd || client.error != 0
            })
        #expect(client.isAtEnd && client.error == 0)
        pair.close()
        await scene.close()
    }

    /// What is wrong with the server, and what is said of it.
    enum Mistrust: CaseIterable {
        case otherCA, otherName, expired

        var words: String {
            switch self {
            case .otherCA: "unable to get local issuer certificate; set ca to a file with the CA that signed it"
            case .otherName: "hostname mismatch; it is not for elsewhere.test; set server_name"
            case .expired: "certificate has expired; renew it"
            }
        }

        func settings(_ certificates: TestCertificates, verifies: Bool) -> TCPProxy.Settings {
            TCPProxy.Settings(
                originate: TLSClientSettings(
                    ca: self == .otherCA ? certificates.otherCA : certificates.ca,
                    serverName: self == .otherName ? "elsewhere.test" : TestCertificates.serverName,
                    verifies: verifies))
        }
    }

    @Test(arguments: Mistrust.allCases, [true, false])
    func aServerThatIsNotTrustedIsRefusedUnlessAskedOtherwise(_ mistrust: Mistrust, _ verifies: Bool) async throws {
        let scene = try await TLSScene(
            .server, certificates, mistrust.settings(certificates, verifies: verifies))
        let pair = try scene.pair()
        let server = try TLSEnd(
            .server(clientCA: nil), descriptor: pair.server, sending: [4],
            identity: mistrust == .expired ? certificates.expired : certificates.server)
        let client = await exchange((TrafficEnd(descriptor: pair.client, sending: [3]), server)).client
        let reading = scene.reading
        if verifies {
            #expect(client.error == Int64(-ECONNRESET) && client.received == [])
            #expect(reading.failedServerHandshakes == 1 && reading.failedDials == 1 && reading.connections == 0)
            let words = "the server 127.0.0.1:\(scene.listener.port) failed: the peer's certificate is refused: "
            #expect(reading.lastRefusal?.contains(words) == true, "\(reading.lastRefusal ?? "")")
            #expect(reading.lastRefusal?.contains(mistrust.words) == true, "\(reading.lastRefusal ?? "")")
            #expect(server.received == [] && server.error != 0)
        } else {
            #expect(client.received == [4] && server.received == [3] && reading.lastRefusal == nil)
        }
        pair.close()
        await scene.close()
    }

    @Test func theUpstreamsOwnAddressIsWhatACertificateMustBeFor() async throws {
        let scene = try await TLSScene(
            .server, certificates, TCPProxy.Settings(originate: TLSClientSettings(ca: certificates.ca)))
        let pair = try scene.pair()
        let server = try #require(try scene.ends(pair).server as? TLSEnd)
        let client = await exchange((TrafficEnd(descriptor: pair.client, sending: [3]), server)).client
        #expect(client.error == 0 && server.received == [3])
        // RFC 6066, 3: no address is sent as a name.
        #expect(server.serverName == nil)
        pair.close()
        await scene.close()
    }

    @Test func theServersNameIsAskedFor() async throws {
        let scene = try await TLSScene(.server, certificates)
        let pair = try scene.pair()
        let server = try #require(try scene.ends(pair).server as? TLSEnd)
        _ = await exchange((TrafficEnd(descriptor: pair.client, sending: []), server))
        #expect(server.serverName == TestCertificates.serverName)
        pair.close()
        await scene.close()
    }

    @Test(arguments: ["client", "stranger", nil])
    func clientsNeedACertificateWhereOneIsWanted(_ name: String?) async throws {
        var settings = TLSScene.settings(.client, certificates)
        settings.terminate?.clientCA = certificates.ca
        let scene = try await TLSScene(.client, certificates, settings)
        let pair = try scene.pair()
        let identity = name.map { $0 == "client" ? certificates.client : certificates.stranger }
        let client = try TLSEnd(
            .client(ca: certificates.ca, name: TestCertificates.serverName), descriptor: pair.client, sending: [3],
            identity: identity)
        let server = await exchange((client, TrafficEnd(descriptor: pair.server, sending: [4]))).server
        let reading = scene.reading
        if name == "client" {
            #expect(client.received == [4] && server.received == [3] && reading.lastRefusal == nil)
        } else {
            #expect(client.error != 0 && client.received == [] && server.received == [])
            #expect(reading.failedClientHandshakes == 1 && reading.connections == 0 && reading.failedDials == 0)
            let words = name == nil ? "peer did not return a certificate" : "unable to get local issuer certificate"
            #expect(reading.lastRefusal?.contains(words) == true, "\(reading.lastRefusal ?? "")")
        }
        pair.close()
        await scene.close()
    }

    @Test(arguments: [true, false])
    func aServerCanWantTheProxysCertificate(_ hasOne: Bool) async throws {
        var settings = TLSScene.settings(.server, certificates)
        if hasOne {
            settings.originate?.certificate = certificates.client.certificate
            settings.originate?.key = certificates.client.key
        }
        let scene = try await TLSScene(.server, certificates, settings)
        let pair = try scene.pair()
        let server = try TLSEnd(
            .server(clientCA: certificates.ca), descriptor: pair.server, sending: [4], identity: certificates.server)
        let client = await exchange((TrafficEnd(descriptor: pair.client, sending: [3]), server)).client
        if hasOne {
            #expect(client.received == [4] && server.received == [3])
        } else {
            // In TLS 1.3 the server says so after the proxy's side of the handshake is over.
            #expect(client.error == Int64(-ECONNRESET) && server.received == [])
            let reason = scene.reading.lastRefusal ?? ""
            #expect(reason.contains("certificate required") && scene.reading.brokenStreams == 1, "\(reason)")
        }
        pair.close()
        await scene.close()
    }

    @Test func aClientThatDoesNotTrustTheProxyIsCounted() async throws {
        let scene = try await TLSScene(.client, certificates)
        let pair = try scene.pair()
        let client = try TLSEnd(
            .client(ca: certificates.otherCA, name: TestCertificates.serverName), descriptor: pair.client)
        _ = await exchange((client, TrafficEnd(descriptor: pair.server, sending: [])))
        #expect(await TLSScene.wait { scene.reading.failedClientHandshakes == 1 })
        let reason = scene.reading.lastRefusal ?? ""
        #expect(reason.hasPrefix("TLS with the client 127.0.0.1:") && reason.contains("unknown ca"), "\(reason)")
        pair.close()
        await scene.close()
    }

    @Test func clientsWithoutTLSOrWithAnOldOneAreRefused() async throws {
        let scene = try await TLSScene(.client, certificates)
        let plain = try scene.pair()
        let client = TrafficEnd(descriptor: plain.client, sending: Array("GET / HTTP/1.1\r\n\r\n".utf8))
        let (first, server) = await exchange((client, TrafficEnd(descriptor: plain.server, sending: [])))
        #expect(server.received == [] && !first.received.contains(UInt8(ascii: "H")))
        #expect(scene.reading.lastRefusal?.contains("http request") == true)
        plain.close()
        let old = try scene.pair()
        let second = try TLSEnd(
            .client(ca: certificates.ca, name: TestCertificates.serverName), descriptor: old.client,
            version: TLS1_1_VERSION)
        _ = await exchange((second, TrafficEnd(descriptor: old.server, sending: [])))
        #expect(scene.reading.lastRefusal?.contains("unsupported protocol") == true)
        #expect(scene.reading.failedClientHandshakes == 2 && scene.reading.connections == 0)
        old.close()
        await scene.close()
    }

    /// Whoever connects and says nothing is let go after the time of a dial, while others go on.
    @Test(arguments: [TLSScene.Sides.client, .server])
    func aPeerThatStaysSilentTimesOut(_ sides: TLSScene.Sides) async throws {
        var settings = TLSScene.settings(sides, certificates)
        settings.dialTimeout = .milliseconds(300)
        let scene = try await TLSScene(sides, certificates, settings)
        let silent = try scene.pair()
        let start = ContinuousClock.now
        let other = try scene.pair()
        let (client, server) = await exchange(try scene.ends(other, request: [3], answer: [4]))
        #expect(client.received == [4] && server.received == [3])
        var end = TrafficEnd(descriptor: silent.client, sending: [])
        #expect(
            await TLSScene.wait {
                end.receive(1)
                return end.error != 0 || end.isAtEnd
            })
        #expect((.milliseconds(290)...(.seconds(3))).contains(ContinuousClock.now - start))
        let reading = scene.reading
        #expect(reading.lastRefusal?.contains("no handshake within 300 ms") == true, "\(reading.lastRefusal ?? "")")
        #expect(reading.failedServerHandshakes == (sides == .server ? 1 : 0))
        #expect(reading.failedClientHandshakes == (sides == .client ? 1 : 0))
        silent.close()
        other.close()
        await scene.close()
    }

    /// The connection ends without close_notify: nobody may take that for the end of the data.
    @Test(arguments: [true, false]) func aTruncatedStreamIsAReset(_ isClients: Bool) async throws {
        let scene = try await TLSScene(isClients ? .client : .server, certificates)
        let pair = try scene.pair()
        var (client, server) = try scene.ends(
            pair, request: [UInt8](repeating: 3, count: 10_000), answer: [UInt8](repeating: 4, count: 10_000))
        // Not to the end, which would send close_notify.
        #expect(
            await TLSScene.wait {
                server.send(1)
                client.send(1)
                client.receive(1)
                server.receive(1)
                return !client.received.isEmpty && !server.received.isEmpty
            })
        cl_stream_end(isClients ? pair.client : pair.server)
        if isClients {
            #expect(
                await TLSScene.wait {
                    server.receive(1)
                    return server.error != 0 || server.isAtEnd
                })
            #expect(server.error == Int64(-ECONNRESET) && !server.isAtEnd)
        } else {
            #expect(
                await TLSScene.wait {
                    client.receive(1)
                    return client.error != 0 || client.isAtEnd
                })
            #expect(client.error == Int64(-ECONNRESET) && !client.isAtEnd)
        }
        #expect(scene.reading.truncatedStreams == 1)
        pair.close()
        await scene.close()
    }

    @Test func aResetGoesThrough() async throws {
        let scene = try await TLSScene(.client, certificates)
        let pair = try scene.pair()
        let client = try #require(try scene.ends(pair).client as? TLSEnd)
        #expect(
            await TLSScene.wait {
                client.receive(1)
                return client.isSecured && scene.reading.open == 1
            })
        cl_stream_reset(pair.server)
        #expect(
            await TLSScene.wait {
                client.receive(1)
                return client.error != 0 || client.isAtEnd
            })
        #expect(client.error == Int64(-ECONNRESET))
        close(pair.client)
        await scene.close()
    }

    @Test func descriptorsAreGivenBack() async throws {
        let scene = try await TLSScene(.both, certificates)
        for number in 0..<500 {
            let pair = try scene.pair()
            let ends = try scene.ends(pair, request: [1], answer: [2])
            switch number % 4 {
            case 0: _ = await exchange(ends)
            // In the midst of it, at its begin, and before.
            case 1:
                for _ in 0..<4 {
                    (ends.client as? TLSEnd)?.send(1)
                    (ends.server as? TLSEnd)?.receive(1)
                }
            case 2: (ends.client as? TLSEnd)?.send(1)
            default: break
            }
            pair.close()
        }
        #expect(await TLSScene.wait { scene.reading.open == 0 && sockets(of: scene) == 2 })
        await scene.close()
    }

    /// Those of this process, in which other tests run, that have to do with the scene: with nobody connected its two
    /// listeners.
    private func sockets(of scene: TLSScene) -> Int {
        (0..<Int32(4096)).count { descriptor in
            var address = cl_address()
            guard cl_stream_name(descriptor, &address) == 0 else { return false }
            let ports = [scene.port, scene.listener.port]
            if ports.contains(cl_address_port(&address)) { return true }
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            var peer = sockaddr_in()
            let found = withUnsafeMutablePointer(to: &peer) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
            }
            return found == 0 && ports.contains(UInt16(bigEndian: peer.sin_port))
        }
    }
}
