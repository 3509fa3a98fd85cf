import CLinux
import Glibc
import SeededRandom
import Synchronization
import Testing

@testable import ToxicProxy

/// The proxy between two real sockets, of which the test plays both ends.
@Suite(.timeLimit(.minutes(3))) struct ProxyTrafficTests {
    private struct Scene {
        let listener: TestListener
        let proxy: TCPProxy
        let port: UInt16

        init(_ settings: TCPProxy.Settings = TCPProxy.Settings()) async throws {
            listener = try TestListener()
            proxy = TCPProxy(
                listen: "127.0.0.1:0", upstream: "127.0.0.1:\(listener.port)", seed: 1, settings: settings)
            try await proxy.start()
            port = UInt16(await proxy.listen.split(separator: ":").last ?? "0") ?? 0
        }

        func pair() throws -> SocketPair { try SocketPair(to: port, through: listener) }

        func close() async throws {
            await proxy.stop()
            listener.close()
        }
    }

    /// Waits for a condition, ten seconds at most.
    private func wait(for condition: () -> Bool) -> Bool {
        for _ in 0..<10_000 {
            if condition() { return true }
            poll(nil, 0, 1)
        }
        return false
    }

    /// Random traffic both ways, random toxics in mid-stream, half-closes and slow readers: ten thousand seeded cases.
    @Test func everyByteArrivesOnceAndInOrder() async throws {
        let workers = 4
        let cases = 10_000
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<workers {
                group.addTask {
                    let scene = try await Scene()
                    for index in stride(from: worker, to: cases, by: workers) {
                        try await course(UInt64(index + 1), scene)
                    }
                    try await scene.close()
                }
            }
            try await group.waitForAll()
        }
        print("proxy: \(cases) seeded connections, no byte lost, added or reordered")
    }

    private func course(_ seed: UInt64, _ scene: Scene) async throws {
        var generator = SeededGenerator(seed: seed)
        let pair = try scene.pair()
        defer { pair.close() }
        // Mostly short, now and then more than the sockets hold.
        let most = Int.random(in: 0..<50, using: &generator) == 0 ? 3_000_000 : 20_000
        let request = bytes(Int.random(in: 0...most, using: &generator), &generator)
        let answer = bytes(Int.random(in: 0...most, using: &generator), &generator)
        var client = TrafficEnd(descriptor: pair.client, sending: request)
        var server = TrafficEnd(descriptor: pair.server, sending: answer)
        var changes = Int.random(in: 0...4, using: &generator)
        var idle = 0
        while !(client.isOver && server.isOver), idle < 20_000 {
            let before = (client.received.count, server.received.count)
            switch Int.random(in: 0..<9, using: &generator) {
            case 0, 1: client.send(Int.random(in: 1...60_000, using: &generator))
            case 2, 3: server.send(Int.random(in: 1...60_000, using: &generator))
            case 4, 5: client.receive(Int.random(in: 1...60_000, using: &generator))
            case 6, 7: server.receive(Int.random(in: 1...60_000, using: &generator))
            default:
                guard changes > 0 else {
                    await scene.proxy.removeAllToxics()
                    break
                }
                changes -= 1
                try await change(scene.proxy, &generator)
            }
            idle = before == (client.received.count, server.received.count) ? idle + 1 : 0
            if idle > 8 { poll(nil, 0, 1) }
        }
        await scene.proxy.removeAllToxics()
        #expect(client.error == 0 && server.error == 0, "seed \(seed)")
        #expect(server.received == request, "seed \(seed): \(server.received.count) of \(request.count)")
        #expect(client.received == answer, "seed \(seed): \(client.received.count) of \(answer.count)")
        #expect(client.isAtEnd && server.isAtEnd, "seed \(seed)")
    }

    private func bytes(_ count: Int, _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) }
        }
        return Array(bytes.prefix(count))
    }

    private func change(_ proxy: TCPProxy, _ generator: inout SeededGenerator) async throws {
        let present = await proxy.toxics
        if let toxic = present.randomElement(using: &generator), Bool.random(using: &generator) {
            return await proxy.remove(toxic: toxic.name)
        }
        let direction: StreamDirection = Bool.random(using: &generator) ? .upstream : .downstream
        let choices: [(String, [String: AttributeValue])] = [
            ("latency", ["latency": .number(2), "jitter": .number(2)]), ("bandwidth", ["rate": .number(20_000)]),
            ("bandwidth", ["rate": .number(0)]), ("slicer", ["average_size": .number(700), "delay": .number(20)]),
            ("slow_close", ["delay": .number(3)]), ("stall", ["offset": .number(1000)]), ("noop", [:]),
        ]
        let (type, attributes) = choices[Int.random(in: 0..<choices.count, using: &generator)]
        let toxic = try ToxicSpecification(type: type, direction: direction, attributes: attributes)
        if present.contains(where: { $0.name == toxic.name }) {
            await proxy.change(toxic)
        } else {
            await proxy.add(toxic)
        }
    }

    /// A large transfer is spliced from its first byte, as long as no small pieces came before it.
    @Test func withoutToxicsNoByteIsInUserSpace() async throws {
        let scene = try await Scene()
        let pair = try scene.pair()
        var client = TrafficEnd(descriptor: pair.client, sending: [UInt8](repeating: 7, count: 500_000))
        var server = TrafficEnd(descriptor: pair.server, sending: [UInt8](repeating: 8, count: 300_000))
        #expect(
            wait {
                client.send(50_000)
                server.send(50_000)
                client.receive(1 << 16)
                server.receive(1 << 16)
                return client.isOver && server.isOver
            })
        let reading = scene.proxy.counters.reading
        #expect(reading.upstreamBytes == 500_000 && reading.downstreamBytes == 300_000)
        #expect(reading.upstreamSent == 500_000 && reading.downstreamSent == 300_000)
        #expect(reading.splicedBytes == 800_000)
        pair.close()
        try await scene.close()
    }

    @Test func smallPiecesAreCopiedAndALargeTransferAfterThemIsSpliced() async throws {
        let scene = try await Scene()
        let pair = try scene.pair()
        let small = Carriage.smallest - 1
        var request = [UInt8](repeating: 3, count: small * 20)
        request += [UInt8](repeating: 4, count: 2_000_000)
        var client = TrafficEnd(descriptor: pair.client, sending: request)
        var server = TrafficEnd(descriptor: pair.server, sending: [])
        for piece in 1...20 {
            client.send(small)
            #expect(
                wait {
                    server.receive(small)
                    return server.received.count == piece * small
                })
        }
        #expect(scene.proxy.counters.reading.splicedBytes == 0)
        #expect(
            wait {
                client.send(1 << 18)
                server.receive(1 << 18)
                return server.isAtEnd
            })
        #expect(server.received == request)
        // Its first piece was read before anybody could know how much comes.
        #expect(scene.proxy.counters.reading.splicedBytes >= 2_000_000 - Carriage.smallest)
        pair.close()
        try await scene.close()
    }

    /// What was read and not taken is neither lost nor overtaken, and the sender is held up in the end.
    @Test func smallPiecesWaitForAReceiverThatIsFull() async throws {
        let scene = try await Scene()
        let pair = try scene.pair()
        let pattern = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 1000) }
        var request: [UInt8] = []
        // More than the sockets hold.
        for _ in 0..<40 { request += pattern }
        var client = TrafficEnd(descriptor: pair.client, sending: request)
        var server = TrafficEnd(descriptor: pair.server, sending: [])
        let counters = scene.proxy.counters
        var (sent, idle) = (0, 0)
        // Waits for each piece, so that all are small; until nothing more is taken for a tenth of a second.
        while idle < 100, sent < request.count {
            client.send(4000)
            sent += 4000
            idle = 0
            while counters.reading.upstreamBytes < sent, idle < 100 {
                poll(nil, 0, 1)
                idle += 1
            }
        }
        #expect(idle == 100 && counters.reading.upstreamSent < counters.reading.upstreamBytes)
        #expect(
            wait {
                client.send(1 << 18)
                server.receive(1 << 18)
                return server.isAtEnd
            })
        #expect(server.received == request)
        pair.close()
        try await scene.close()
    }

    @Test func connectionsAreSpreadOverTheThreads() async throws {
        let scene = try await Scene()
        let pairs = try (0..<100).map { _ in try scene.pair() }
        let loads = try ReactorGroup.shared().map { $0.load.load(ordering: .relaxed) }
        #expect(try #require(loads.max()) - (try #require(loads.min())) <= 8, "\(loads)")
        for pair in pairs { pair.close() }
        #expect(wait { scene.proxy.counters.reading.open == 0 })
        try await scene.close()
    }

    /// The proxy holds more than the sockets do, and the client reads none of it.
    @Test func aToxicIsTakenAwayAtOnceWhileAClientDoesNotRead() async throws {
        let scene = try await Scene()
        await scene.proxy.add(try ToxicSpecification(type: "latency", attributes: ["latency": .number(1)]))
        let pair = try scene.pair()
        var server = TrafficEnd(descriptor: pair.server, sending: [UInt8](repeating: 1, count: 20_000_000))
        var taken = -1
        #expect(
            wait {
                server.send(1 << 20)
                defer { taken = scene.proxy.counters.reading.downstreamBytes }
                return taken > 1_000_000 && taken == scene.proxy.counters.reading.downstreamBytes
            })
        let start = ContinuousClock.now
        await scene.proxy.remove(toxic: "latency_downstream")
        // It would be for ever if it waited for its client.
        #expect(ContinuousClock.now - start < .seconds(2))
        pair.close()
        try await scene.close()
    }

    @Test func halfOpenLeavesTheReceiverInTheDark() async throws {
        let scene = try await Scene()
        let pair = try scene.pair()
        #expect(wait { scene.proxy.counters.reading.open == 1 })
        await scene.proxy.add(try ToxicSpecification(name: "h", type: "half_open"))
        var server = TrafficEnd(descriptor: pair.server, sending: [])
        #expect(
            wait {
                server.receive(1)
                return server.error == Int64(-ECONNRESET)
            })
        var client = TrafficEnd(descriptor: pair.client, sending: [1, 2, 3])
        client.send(3)
        for _ in 0..<50 {
            client.receive(1)
            poll(nil, 0, 1)
        }
        #expect(client.error == 0 && !client.isAtEnd)
        #expect(scene.proxy.counters.reading.toxics["h"]?.vanished == 1)
        await scene.proxy.remove(toxic: "h")
        #expect(
            wait {
                client.receive(1)
                return client.error == Int64(-ECONNRESET)
            })
        #expect(wait { scene.proxy.counters.reading.open == 0 })
        pair.close()
        try await scene.close()
    }

    @Test func aResetGoesThrough() async throws {
        let scene = try await Scene()
        let pair = try scene.pair()
        #expect(wait { scene.proxy.counters.reading.open == 1 })
        cl_stream_reset(pair.client)
        var server = TrafficEnd(descriptor: pair.server, sending: [])
        #expect(
            wait {
                server.receive(1)
                return server.error == Int64(-ECONNRESET)
            })
        _ = close(pair.server)
        try await scene.close()
    }

    @Test func onlyTheClientsItNamesMeetAToxic() async throws {
        let scene = try await Scene()
        for (name, range) in [("here", "127.0.0.0/8"), ("elsewhere", "10.0.0.0/8")] {
            let clients = [AddressRange(range)].compactMap(\.self)
            await scene.proxy.add(
                try ToxicSpecification(
                    name: name, type: "corrupt", clients: clients, attributes: ["offset": .number(0)]))
        }
        let pair = try scene.pair()
        var server = TrafficEnd(descriptor: pair.server, sending: [0])
        var client = TrafficEnd(descriptor: pair.client, sending: [])
        server.send(1)
        #expect(
            wait {
                client.receive(1)
                return !client.received.isEmpty
            })
        let toxics = scene.proxy.counters.reading.toxics
        #expect(toxics["here"]?.corruptedBytes == 1 && toxics["elsewhere"] == nil)
        pair.close()
        try await scene.close()
    }

    @Test func toxicityPicksItsShareOfConnectionsRepeatably() async throws {
        var shares: [[Bool]] = []
        for _ in 0..<2 {
            let scene = try await Scene()
            await scene.proxy.add(
                try ToxicSpecification(name: "c", type: "corrupt", toxicity: 0.3, attributes: ["offset": .number(0)]))
            var met: [Bool] = []
            for _ in 0..<200 {
                let pair = try scene.pair()
                defer { pair.close() }
                var server = TrafficEnd(descriptor: pair.server, sending: [0])
                var client = TrafficEnd(descriptor: pair.client, sending: [])
                server.send(1)
                #expect(
                    wait {
                        client.receive(1)
                        return !client.received.isEmpty
                    })
                met.append(client.received != [0])
            }
            shares.append(met)
            try await scene.close()
        }
        #expect(shares[0] == shares[1])
        #expect((40...80).contains(shares[0].count { $0 }))
    }

    @Test func connectionsShareARate() async throws {
        let scene = try await Scene()
        await scene.proxy.add(
            try ToxicSpecification(type: "bandwidth", attributes: ["rate": .number(1000), "shared": .flag(true)]))
        let pairs = try (0..<4).map { _ in try scene.pair() }
        var ends = pairs.map {
            (
                server: TrafficEnd(descriptor: $0.server, sending: [UInt8](repeating: 1, count: 50_000)),
                client: TrafficEnd(descriptor: $0.client, sending: [])
            )
        }
        let start = ContinuousClock.now
        #expect(
            wait {
                for index in ends.indices {
                    ends[index].server.send(50_000)
                    ends[index].client.receive(50_000)
                }
                return ends.allSatisfy { $0.client.received.count == 50_000 }
            })
        // 200,000 bytes at a million a second, less the lump of credit; each alone would take 50 ms.
        #expect(ContinuousClock.now - start > .milliseconds(190))
        for pair in pairs { pair.close() }
        try await scene.close()
    }

    @Test func unixSocketsOnBothSides() async throws {
        let folder = "/tmp/brink-proxy-\(getpid())"
        mkdir(folder, 0o700)
        defer { rmdir(folder) }
        let first = TCPProxy(listen: "unix:\(folder)/a", upstream: "unix:\(folder)/b", seed: 1)
        let listener = try TestListener()
        let second = TCPProxy(listen: "unix:\(folder)/b", upstream: "127.0.0.1:\(listener.port)", seed: 1)
        try await first.start()
        try await second.start()
        var address = cl_address()
        _ = cl_address_unix(&address, "\(folder)/a")
        let descriptor = cl_stream_dial(&address)
        let accepted = try listener.accept()
        var client = TrafficEnd(descriptor: descriptor, sending: Array("ping".utf8))
        var server = TrafficEnd(descriptor: accepted, sending: Array("pong".utf8))
        #expect(
            wait {
                client.send(4)
                server.send(4)
                client.receive(10)
                server.receive(10)
                return client.isOver && server.isOver
            })
        #expect(client.received == Array("pong".utf8) && server.received == Array("ping".utf8))
        _ = close(descriptor)
        _ = close(accepted)
        listener.close()
        await first.stop()
        await second.stop()
        #expect(access("\(folder)/a", F_OK) != 0 && access("\(folder)/b", F_OK) != 0)
    }

    @Test func aProxyRefusesWhileItsServerIsDown() async throws {
        let scene = try await Scene(TCPProxy.Settings(refusesWhileDown: true))
        let port = scene.listener.port
        scene.listener.close()
        var address = cl_address()
        _ = cl_address_inet(&address, "127.0.0.1", scene.port)
        /// Zero when the proxy accepts.
        func dial() -> Int32 {
            let descriptor = cl_stream_dial(&address)
            guard descriptor >= 0 else { return descriptor }
            defer { _ = close(descriptor) }
            var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&entry, 1, 1000)
            return cl_stream_error(descriptor)
        }
        // The first client finds out; from then on nobody is accepted.
        _ = dial()
        #expect(wait { dial() == -ECONNREFUSED })
        _ = cl_address_inet(&address, "127.0.0.1", port)
        let again = cl_stream_listen(&address, 16)
        #expect(again >= 0)
        _ = cl_address_inet(&address, "127.0.0.1", scene.port)
        #expect(wait { dial() == 0 })
        _ = close(again)
        await scene.proxy.stop()
    }

    @Test func anUpstreamThatDoesNotAnswerTimesOutWhileOthersGoOn() async throws {
        // A full queue: the kernel leaves the third connection without an answer (listen(2)).
        var address = cl_address()
        _ = cl_address_inet(&address, "127.0.0.1", 0)
        let full = cl_stream_listen(&address, 0)
        defer { _ = close(full) }
        _ = cl_stream_name(full, &address)
        let fillers = (0..<3).map { _ in cl_stream_dial(&address) }
        defer { for filler in fillers { _ = close(filler) } }
        let stuck = TCPProxy(
            listen: "127.0.0.1:0", upstream: "127.0.0.1:\(cl_address_port(&address))", seed: 1,
            settings: TCPProxy.Settings(dialTimeout: .milliseconds(300)))
        try await stuck.start()
        _ = cl_address_inet(&address, "127.0.0.1", UInt16(await stuck.listen.split(separator: ":").last ?? "") ?? 0)
        let descriptors = (0..<20).map { _ in cl_stream_dial(&address) }
        let start = ContinuousClock.now
        #expect(wait { stuck.counters.reading.failedDials == 20 })
        // Side by side: twenty take as long as one.
        #expect((.milliseconds(280)...(.seconds(2))).contains(ContinuousClock.now - start))
        for descriptor in descriptors { _ = close(descriptor) }
        await stuck.stop()
    }
}
