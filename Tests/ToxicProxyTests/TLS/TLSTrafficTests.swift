import SeededRandom
import TLSFixture
import Testing
import ToxicProxy

/// Random traffic both ways in TLS, with toxics that come and go, half-closes, new keys and slow readers.
@Suite(.certificates, .timeLimit(.minutes(1))) struct TLSTrafficTests {
    private static let cases = 40

    @Test(arguments: TLSScene.Sides.allCases)
    func everyByteArrivesOnceAndInOrder(_ sides: TLSScene.Sides) async throws {
        let scene = try await TLSScene(sides, try #require(TestCertificates.current))
        for seed in 1...UInt64(TLSTrafficTests.cases) { try await course(seed, scene) }
        #expect(await TLSScene.wait { scene.reading.open == 0 })
        #expect(scene.reading.truncatedStreams == 0 && scene.reading.brokenStreams == 0)
        #expect(scene.reading.lastRefusal == nil, "\(scene.reading.lastRefusal ?? "")")
        await scene.close()
        print("proxy: TLS on \(sides): \(TLSTrafficTests.cases) seeded connections, no byte lost, added or reordered")
    }

    private func course(_ seed: UInt64, _ scene: TLSScene) async throws {
        var generator = SeededGenerator(seed: seed)
        let pair = try scene.pair()
        defer { pair.close() }
        // Mostly short, now and then more than the sockets hold.
        let most = Int.random(in: 0..<8, using: &generator) == 0 ? 4_000_000 : 50_000
        let request = bytes(Int.random(in: 0...most, using: &generator), &generator)
        let answer = bytes(Int.random(in: 0...most, using: &generator), &generator)
        let version = Bool.random(using: &generator) ? TLSScene.version12 : TLSScene.version13
        var (client, server) = try scene.ends(pair, request: request, answer: answer, version: version)
        var changes = Int.random(in: 0...4, using: &generator)
        var idle = 0
        // Some read nothing for a while, and the proxy has to hold what comes.
        var deafness = Int.random(in: 0...3, using: &generator) == 0 ? 200 : 0
        while !(client.isOver && server.isOver), idle < 20_000 {
            let before = (client.received.count, server.received.count)
            deafness -= 1
            switch Int.random(in: 0..<10, using: &generator) {
            case 0, 1: client.send(Int.random(in: 1...100_000, using: &generator))
            case 2, 3: server.send(Int.random(in: 1...100_000, using: &generator))
            case 4, 5: if deafness < 0 { client.receive(Int.random(in: 1...100_000, using: &generator)) }
            case 6, 7: if deafness < 0 { server.receive(Int.random(in: 1...100_000, using: &generator)) }
            case 8 where version == TLSScene.version13:
                let end = (Bool.random(using: &generator) ? client : server) as? TLSEnd
                if Int.random(in: 0..<20, using: &generator) == 0 { end?.updateKeys() }
            default:
                guard changes > 0 else {
                    await scene.proxy.removeAllToxics()
                    break
                }
                changes -= 1
                try await change(scene.proxy, &generator)
            }
            idle = before == (client.received.count, server.received.count) ? idle + 1 : 0
            if idle > 8 { try await Task.sleep(for: .milliseconds(1)) } else { await Task.yield() }
        }
        await scene.proxy.removeAllToxics()
        let errors = (client.error, server.error)
        #expect(errors == (0, 0), "seed \(seed): \(scene.reading.lastRefusal ?? "")")
        // Compared first: to show where millions of bytes differ takes minutes.
        let isWhole = (server.received == request, client.received == answer)
        #expect(isWhole.0, "seed \(seed): \(server.received.count) of \(request.count)")
        #expect(isWhole.1, "seed \(seed): \(client.received.count) of \(answer.count)")
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
            ("latency", ["latency": .number(2), "jitter": .number(2)]), ("bandwidth", ["rate": .number(50_000)]),
            ("slicer", ["average_size": .number(700), "delay": .number(20)]), ("slow_close", ["delay": .number(3)]),
            ("stall", ["offset": .number(1000)]), ("noop", [:]),
        ]
        let (type, attributes) = choices[Int.random(in: 0..<choices.count, using: &generator)]
        let toxic = try ToxicSpecification(type: type, direction: direction, attributes: attributes)
        if present.contains(where: { $0.name == toxic.name }) {
            await proxy.change(toxic)
        } else {
            await proxy.add(toxic)
        }
    }
}
