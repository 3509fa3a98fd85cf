import Foundation
import LinuxSystem
import ProxyFixture
import Testing
import ToxicProxy

/// Fewer connections than `PrivilegedSuite/ManyConnectionsTests`, in this process, within any machine's limits.
@Suite(.serialized, .timeLimit(.minutes(1))) struct ManyConnectionsTests {
    private func port(of proxy: TCPProxy) async throws -> UInt16 {
        try #require(UInt16(await proxy.listen.split(separator: ":").last ?? ""))
    }

    @Test func aCrowdIsCarriedAndLeavesNothingBehind() async throws {
        try ResourceLimit.openFiles.raiseToHard()
        // Four sockets each are in this process: the client's, two of the proxy, the server's.
        let limit = try ResourceLimit.openFiles.read(getpid()).soft
        let count = min(1500, (Int(clamping: limit) - 500) / 4)
        let server = try MannerServer()
        let proxy = TCPProxy(listen: "127.0.0.1:0", upstream: "127.0.0.1:\(server.port)", seed: 1)
        try await proxy.start()
        let port = try await port(of: proxy)
        // What the first connections make once and keep.
        try ConnectionCrowd(of: 50, to: port).close()
        let before = try await settled(proxy)
        let crowd = try ConnectionCrowd(of: count, to: port)
        try crowd.exchange(seed: 7)
        let open = try ProcessReading(of: getpid())
        #expect(proxy.counters.reading.open == count)
        crowd.close()
        let after = try await settled(proxy)
        let kilobytes = Double(open.residentKilobytes - before.residentKilobytes) / Double(count)
        print("proxy: \(count) connections at once, \(kilobytes) kB of this process for each, its ends included")
        #expect(open.sockets - before.sockets == 4 * count)
        #expect(after.sockets == before.sockets)
        #expect(kilobytes < 16)
        await proxy.stop()
        server.stop()
    }

    @Test func connectionsThatEndInEveryMannerLeaveNothingBehind() async throws {
        let server = try MannerServer()
        let nobody = try ClosedPort()
        let upstreams = ["127.0.0.1:\(server.port)", "127.0.0.2:\(server.port)", "127.0.0.1:\(nobody.number)"]
        let proxies = upstreams.map { TCPProxy(listen: "127.0.0.1:0", upstream: $0, seed: 1) }
        var ports: [UInt16] = []
        for proxy in proxies {
            try await proxy.start()
            ports.append(try await port(of: proxy))
        }
        let churn = ConnectionChurn(ports: Array(ports.dropLast()), refusing: ports[2])
        do {
            _ = try await churn.run(3000, within: 20, seed: 1)
        } catch {
            let counts = proxies.map(\.counters.reading)
            Issue.record("\(error); ports \(ports), nobody on \(nobody.number); counted by the proxies: \(counts)")
            return
        }
        let before = try await settled(proxies[0], proxies[1], proxies[2])
        let count = try await churn.run(10_000, within: 20, seed: 2)
        let after = try await settled(proxies[0], proxies[1], proxies[2])
        print(
            """
            proxy: \(count) connections in \(ConnectionManner.allCases.count) manners, \
            \(after.sockets - before.sockets) sockets and \(after.residentKilobytes - before.residentKilobytes) kB more
            """)
        #expect(after.sockets == before.sockets && after.others == before.others)
        // A hundred bytes for each; the least that could be left of one, its object, is larger.
        #expect(after.residentKilobytes - before.residentKilobytes < 1024)
        for proxy in proxies { await proxy.stop() }
        server.stop()
        nobody.release()
    }

    /// Waits until every connection is over on both sides.
    private func settled(_ proxies: TCPProxy...) async throws -> ProcessReading {
        var reading = try ProcessReading(of: getpid())
        for _ in 0..<200 {
            try await Task.sleep(for: .milliseconds(50))
            let next = try ProcessReading(of: getpid())
            if proxies.allSatisfy({ $0.counters.reading.open == 0 }), next.sockets == reading.sockets { return next }
            reading = next
        }
        return reading
    }
}
