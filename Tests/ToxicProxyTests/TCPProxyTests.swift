import NIOCore
import SeededRandom
import Testing
import ToxicProxy

/// The proxy between a real client and a real server on loopback.
@Suite(.timeLimit(.minutes(1))) struct TCPProxyTests {
    private func withProxy(_ body: (TCPProxy, TestClient) async throws -> Void) async throws {
        let server = try await EchoServer()
        let proxy = TCPProxy(listen: "127.0.0.1:0", upstream: server.address, seed: 7)
        try await proxy.start()
        try await body(proxy, TestClient(address: await proxy.listen))
        await proxy.stop()
        try await server.stop()
    }

    private func latency(
        _ milliseconds: Double, jitter: Double = 0, direction: StreamDirection = .downstream
    ) throws -> ToxicSpecification {
        try ToxicSpecification(
            name: "latency", type: "latency", direction: direction,
            attributes: ["latency": .number(milliseconds), "jitter": .number(jitter)])
    }

    @Test func passesBytesAndHalfClose() async throws {
        try await withProxy { proxy, client in
            let message = Array("hello".utf8)
            let answer = try await client.exchange([message])
            #expect(answer.bytes == message)
            #expect(answer.error == nil)
            #expect(proxy.counters.reading.connections == 1)
        }
    }

    @Test func latencyHoldsBackAndLosesNothing() async throws {
        try await withProxy { proxy, client in
            await proxy.add(try latency(80))
            let clock = ContinuousClock()
            let start = clock.now
            let answer = try await client.exchange([[1, 2, 3]])
            #expect(answer.bytes == [1, 2, 3])
            #expect(clock.now - start >= .milliseconds(80))
            #expect(proxy.counters.reading.toxics["latency"]?.delayedPieces ?? 0 >= 1)
            await proxy.remove(toxic: "latency")
        }
    }

    @Test func bandwidthPaces() async throws {
        try await withProxy { proxy, client in
            await proxy.add(
                try ToxicSpecification(name: "slow", type: "bandwidth", attributes: ["rate": .number(100)]))
            let message = [UInt8](repeating: 7, count: 30_000)
            let clock = ContinuousClock()
            let start = clock.now
            let answer = try await client.exchange([message])
            #expect(answer.bytes == message)
            #expect(clock.now - start >= .milliseconds(290))
        }
    }

    @Test func timeoutSwallowsUntilItIsRemoved() async throws {
        try await withProxy { proxy, client in
            await proxy.add(try ToxicSpecification(name: "t", type: "timeout"))
            async let answer = client.exchange([[1, 2, 3]], endsItsSide: false)
            while proxy.counters.reading.toxics["t"]?.droppedBytes != 3 { await Task.yield() }
            // What was swallowed cannot be made good, so the connection is closed.
            await proxy.remove(toxic: "t")
            let received = try await answer
            #expect(received.bytes == [])
        }
    }

    @Test func timeoutClosesAfterItsTime() async throws {
        try await withProxy { proxy, client in
            await proxy.add(
                try ToxicSpecification(name: "t", type: "timeout", attributes: ["timeout": .number(50)]))
            let answer = try await client.exchange([], endsItsSide: false)
            #expect(answer.bytes == [])
            #expect(proxy.counters.reading.toxics["t"]?.closed == 1)
        }
    }

    @Test func resetReachesConnectionsThatAreOpenAlready() async throws {
        try await withProxy { proxy, client in
            async let answer = client.exchange([[1]], endsItsSide: false)
            // One byte there and back: the client is past connecting.
            while proxy.counters.reading.bytes < 2 { await Task.yield() }
            await proxy.add(try ToxicSpecification(name: "r", type: "reset_peer"))
            let error = try await answer.error as? IOError
            #expect(error?.errnoCode == 104)
            #expect(proxy.counters.reading.toxics["r"]?.reset == 1)
        }
    }

    @Test func downCutsRefusesAndComesBackOnTheSamePort() async throws {
        try await withProxy { proxy, client in
            async let answer = client.exchange([[1]], endsItsSide: false)
            // One byte there and back: the client is past connecting.
            while proxy.counters.reading.bytes < 2 { await Task.yield() }
            let address = await proxy.listen
            await proxy.stop()
            _ = try await answer
            await #expect(throws: (any Error).self) { _ = try await client.exchange([[1]]) }
            try await proxy.start()
            #expect(await proxy.listen == address)
            let again = try await client.exchange([[5]])
            #expect(again.bytes == [5])
        }
    }

    @Test func aServerThatIsDownIsAResetForTheClient() async throws {
        let server = try await EchoServer()
        let proxy = TCPProxy(listen: "127.0.0.1:0", upstream: server.address, seed: 1)
        try await server.stop()
        try await proxy.start()
        let client = TestClient(address: await proxy.listen)
        // The reset can come while the client still connects, or after.
        await #expect(throws: (any Error).self) {
            if let error = try await client.exchange([]).error { throw error }
        }
        #expect(proxy.counters.reading.failedDials == 1)
        await proxy.stop()
    }

    @Test func aPortInUseIsAClearError() async throws {
        let server = try await EchoServer()
        let proxy = TCPProxy(listen: server.address, upstream: "127.0.0.1:1", seed: 1)
        let error = await #expect(throws: ProxyFailure.self) { try await proxy.start() }
        #expect(error?.description.contains("cannot listen on \(server.address)") == true)
        try await server.stop()
    }

    /// More than the kernel's buffers hold, to a client that reads only when the server has sent and ended everything.
    @Test func aSlowReaderGetsEverything() async throws {
        let server = try await EchoServer()
        let proxy = TCPProxy(listen: "127.0.0.1:0", upstream: server.address, seed: 1)
        try await proxy.start()
        let message = (0..<8_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let answer = try await TestClient(address: await proxy.listen).exchange([message]) {
            var bytes = -1
            // Read once nothing moves any more: what is left sits in the proxy and in the sockets.
            while bytes != proxy.counters.reading.bytes {
                bytes = proxy.counters.reading.bytes
                do { try await Task.sleep(for: .milliseconds(200)) } catch { return }
            }
        }
        #expect(answer.bytes.count == message.count)
        #expect(answer.bytes == message)
        await proxy.stop()
        try await server.stop()
    }

    /// Toxics that do not promise loss come and go in mid-stream; every byte arrives once and in order.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func noByteIsLostWhileToxicsChange(_ seed: UInt64) async throws {
        try await withProxy { proxy, client in
            var generator = SeededGenerator(seed: seed)
            var message: [UInt8] = []
            for _ in 0..<200_000 { message.append(UInt8.random(in: .min ... .max, using: &generator)) }
            var parts: [[UInt8]] = []
            var rest = message[...]
            while !rest.isEmpty {
                let size = min(rest.count, Int.random(in: 1...20_000, using: &generator))
                parts.append(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            async let answer = client.exchange(parts)
            for _ in 0..<6 {
                let direction: StreamDirection = Bool.random(using: &generator) ? .upstream : .downstream
                if Bool.random(using: &generator) {
                    await proxy.add(
                        try latency(Double.random(in: 1...20, using: &generator), jitter: 1, direction: direction))
                    await proxy.remove(toxic: "latency")
                } else {
                    let rate = Double.random(in: 1_000...20_000, using: &generator)
                    await proxy.add(
                        try ToxicSpecification(
                            name: "b", type: "bandwidth", direction: direction, attributes: ["rate": .number(rate)]))
                    if Bool.random(using: &generator) { await proxy.remove(toxic: "b") }
                }
            }
            let received = try await answer
            #expect(received.bytes == message, "seed \(seed)")
        }
    }
}
