import SeededRandom
import Testing

@testable import ToxicProxy

/// Toxics without sockets, on a clock that the test moves.
@Suite struct ToxicChainTests {
    private func toxic(
        _ number: Int, _ type: String, _ attributes: [String: AttributeValue] = [:], revision: Int = 0,
        start: Moment = Moment(nanoseconds: 0)
    ) throws -> ActiveToxic {
        ActiveToxic(
            specification: try ToxicSpecification(name: "t\(number)", type: type, attributes: attributes),
            number: number, revision: revision, start: start, shared: SharedPace())
    }

    private func make(_ toxic: ActiveToxic) -> any Toxic {
        toxic.specification.make(
            ToxicContext(
                generator: SeededGenerator(seed: UInt64(toxic.number)), start: toxic.start, shared: toxic.shared))
    }

    private func chain(_ toxics: ActiveToxic...) -> ToxicChain {
        var chain = ToxicChain()
        _ = chain.replace(with: toxics, at: at(0), make: make)
        return chain
    }

    private func at(_ milliseconds: Double) -> Moment { Moment(nanoseconds: Int64(milliseconds * 1_000_000)) }

    /// Takes out what has come through, as text; `<end>`, `<close>` and so on for what is no bytes.
    private func take(_ chain: inout ToxicChain) -> [String] {
        defer { chain.output.removeAll() }
        return chain.output.map { content in
            switch content {
            case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
            case .end: "<end>"
            case .ending(let kind): "<\(kind)>"
            }
        }
    }

    private func send(_ text: String, _ chain: inout ToxicChain, at milliseconds: Double) {
        chain.receive(.bytes(Array(text.utf8)[...]), at: at(milliseconds))
    }

    @Test func latencyHoldsEverythingForItsTime() throws {
        var chain = chain(try toxic(1, "latency", ["latency": .number(40)]))
        send("a", &chain, at: 0)
        chain.receive(.end, at: at(1))
        chain.release(at: at(39.9))
        #expect(take(&chain) == [])
        #expect(chain.next == at(40))
        chain.release(at: at(40))
        #expect(take(&chain) == ["a"])
        chain.release(at: at(41))
        #expect(take(&chain) == ["<end>"])
        #expect(chain.takeCounts()["t1"]?.delayNanoseconds == 40_000_000)
    }

    @Test func stackedLatencyAddsUpWithoutLateness() throws {
        var chain = chain(
            try toxic(1, "latency", ["latency": .number(10)]), try toxic(2, "latency", ["latency": .number(5)]))
        send("a", &chain, at: 0)
        // Noticed late: the second delay counts from when the first was due.
        chain.release(at: at(14))
        #expect(chain.next == at(15))
    }

    @Test func jitterNeverChangesTheOrder() throws {
        for distribution in ["uniform", "normal", "pareto"] {
            var chain = chain(
                try toxic(
                    1, "latency",
                    ["latency": .number(20), "jitter": .number(20), "distribution": .text(distribution)]))
            for index in 0..<200 { send("\(index),", &chain, at: Double(index) / 10) }
            chain.release(at: .never)
            #expect(take(&chain) == (0..<200).map { "\($0)," }, "\(distribution)")
        }
    }

    @Test func aDistributionHasItsMeanAndSpread() throws {
        for (distribution, mean) in [("uniform", 100.0), ("normal", 100), ("pareto", 110)] {
            let kind = try LatencyToxic(
                ToxicAttributes(
                    of: LatencyToxic.self,
                    given: ["latency": .number(100), "jitter": .number(10), "distribution": .text(distribution)]))
            var stage = kind.make(
                ToxicContext(generator: SeededGenerator(seed: 3), start: at(0), shared: SharedPace()))
            var delays: [Double] = []
            for _ in 0..<20_000 {
                var output = ToxicOutput()
                stage.pass([1], at: at(0), to: &output)
                delays.append(Double(output.items[0].due.nanoseconds) / 1e6)
            }
            let average = delays.reduce(0, +) / Double(delays.count)
            #expect(abs(average - mean) < 0.5, "\(distribution): \(average)")
            switch distribution {
            case "uniform": #expect(delays.allSatisfy { (90...110).contains($0) })
            case "normal":
                let within = delays.filter { abs($0 - 100) <= 10 }.count
                #expect((0.66...0.71).contains(Double(within) / 20_000))
            default: #expect(delays.allSatisfy { $0 >= 99.99 } && delays.contains { $0 > 150 })
            }
        }
    }

    @Test func aRampGrows() throws {
        let ramp = Ramp(from: 0, to: 100, over: 1000)
        var chain = chain(try toxic(1, "latency", ["latency": .ramp(ramp)]))
        send("a", &chain, at: 500)
        #expect(chain.next == at(550))
        chain.release(at: at(600))
        send("b", &chain, at: 5000)
        #expect(chain.next == at(5100))
    }

    @Test func bandwidthPacesInLumpsOfFourMilliseconds() throws {
        // 1000 bytes a second: 4 bytes in 4 ms.
        var chain = chain(try toxic(1, "bandwidth", ["rate": .number(1)]))
        send(String(repeating: "x", count: 100), &chain, at: 1000)
        chain.release(at: at(1050))
        let sizes = take(&chain).map(\.count)
        #expect(sizes.allSatisfy { $0 <= 4 })
        // 50 ms and one lump of credit.
        #expect((50...54).contains(sizes.reduce(0, +)))
        #expect(chain.waiting == 100 - sizes.reduce(0, +))
    }

    @Test func aRateOfZeroHoldsWithoutLossUntilItIsChanged() throws {
        var chain = chain(try toxic(1, "bandwidth", ["rate": .number(0)]))
        send("abc", &chain, at: 0)
        chain.release(at: at(1e6))
        #expect(take(&chain) == [])
        #expect(chain.takeCounts()["t1"]?.heldBytes == 3)
        _ = chain.replace(
            with: [try toxic(1, "bandwidth", ["rate": .number(1000)], revision: 1)], at: at(1e6), make: make)
        chain.release(at: at(1e6 + 10))
        #expect(take(&chain).joined() == "abc")
    }

    @Test func aToxicTakenAwayLetsGoOnInOrder() throws {
        let first = try toxic(1, "latency", ["latency": .number(1000)])
        let second = try toxic(2, "latency", ["latency": .number(10)])
        var chain = chain(first, second)
        send("a", &chain, at: 0)
        send("b", &chain, at: 1)
        _ = chain.replace(with: [second], at: at(2), make: make)
        send("c", &chain, at: 3)
        #expect(take(&chain) == [])
        chain.release(at: at(13))
        #expect(take(&chain) == ["a", "b", "c"])
        #expect(chain.waiting == 0)
    }

    @Test func slicerCutsAndPauses() throws {
        var chain = chain(
            try toxic(
                1, "slicer", ["average_size": .number(10), "size_variation": .number(5), "delay": .number(1000)]))
        let text = String(repeating: "0123456789", count: 20)
        send(text, &chain, at: 0)
        let first = take(&chain)
        #expect(first.count == 1)
        chain.release(at: at(1000))
        let slices = first + take(&chain)
        #expect(slices.joined() == text)
        #expect(slices.dropLast().allSatisfy { (5...15).contains($0.count) })
    }

    @Test func limitDataPassesExactlySoMuch() throws {
        var chain = chain(try toxic(1, "limit_data", ["bytes": .number(5)]))
        send("abc", &chain, at: 0)
        send("defg", &chain, at: 1)
        send("h", &chain, at: 2)
        #expect(take(&chain) == ["abc", "de", "<close>"])
        #expect(chain.takeCounts()["t1"]?.droppedBytes == 3)
    }

    @Test func slowCloseDelaysTheEndOnly() throws {
        var chain = chain(try toxic(1, "slow_close", ["delay": .number(100)]))
        send("a", &chain, at: 0)
        chain.receive(.end, at: at(1))
        #expect(take(&chain) == ["a"])
        chain.release(at: at(101))
        #expect(take(&chain) == ["<end>"])
    }

    @Test func timeoutSwallowsAndEndsTheConnection() throws {
        var chain = chain(try toxic(1, "timeout", ["timeout": .number(50)]))
        send("a", &chain, at: 0)
        chain.receive(.end, at: at(1))
        chain.release(at: at(1000))
        #expect(take(&chain) == [])
        #expect(chain.endings(at: at(0)).map(\.due) == [at(50)])
        #expect(chain.replace(with: [], at: at(1), make: make) == .close)
    }

    @Test func stallHoldsFromAByteOn() throws {
        var chain = chain(try toxic(1, "stall", ["offset": .number(2), "duration": .number(10)]))
        send("abcd", &chain, at: 0)
        chain.receive(.end, at: at(1))
        #expect(take(&chain) == ["ab"])
        chain.release(at: at(10))
        #expect(take(&chain) == ["cd", "<end>"])
        send("e", &chain, at: 20)
        #expect(take(&chain) == ["e"])
    }

    @Test func corruptFlipsOneBitOfTheByteThatWasAskedFor() throws {
        var chain = chain(try toxic(1, "corrupt", ["offset": .number(3)]))
        chain.receive(.bytes([0, 0][...]), at: at(0))
        chain.receive(.bytes([0, 0, 0][...]), at: at(0))
        let bytes = chain.output.flatMap { if case .bytes(let bytes) = $0 { Array(bytes) } else { [UInt8]() } }
        #expect(bytes.count == 5)
        #expect(bytes[3].nonzeroBitCount == 1)
        #expect(bytes.enumerated().allSatisfy { $0.offset == 3 || $0.element == 0 })
    }

    @Test func corruptFlipsAtItsRate() throws {
        var chain = chain(try toxic(1, "corrupt", ["rate": .number(0.01)]))
        for _ in 0..<100 { chain.receive(.bytes([UInt8](repeating: 0, count: 1000)[...]), at: at(0)) }
        let flipped = chain.output.reduce(0) { sum, content in
            if case .bytes(let bytes) = content { sum + bytes.count { $0 != 0 } } else { sum }
        }
        #expect((850...1150).contains(flipped))
        #expect(chain.takeCounts()["t1"]?.corruptedBytes == flipped)
    }

    @Test func duplicateAndDropWorkOnAStretchAcrossPieces() throws {
        var twice = chain(try toxic(1, "duplicate", ["offset": .number(2), "length": .number(4)]))
        for text in ["abc", "def", "ghi"] { send(text, &twice, at: 0) }
        #expect(take(&twice).joined() == "abcdefcdefghi")
        var gone = chain(try toxic(1, "drop", ["offset": .number(2), "length": .number(4)]))
        for text in ["abc", "def", "ghi"] { send(text, &gone, at: 0) }
        #expect(take(&gone).joined() == "abghi")
    }

    @Test func packetLossDropsAtItsRateAndInBursts() throws {
        var even = chain(try toxic(1, "packet_loss", ["loss_rate": .number(0.1)]))
        var bursts = chain(
            try toxic(1, "packet_loss", ["loss_rate": .number(0.1), "correlation": .number(0.5)]))
        for _ in 0..<10_000 {
            send("x", &even, at: 0)
            send("x", &bursts, at: 0)
        }
        #expect((8_850...9_150).contains(take(&even).count))
        // A tenth starts a run; six tenths go on: 0.1 / (0.1 + 0.4) of all are lost.
        #expect((7_700...8_300).contains(take(&bursts).count))
    }

    @Test(arguments: [
        ("bandwidth", ["rate": AttributeValue.number(-1)]), ("slicer", ["average_size": .number(0)]),
        ("slicer", ["average_size": .number(10), "size_variation": .number(20)]),
        ("latency", ["latency": .number(-5)]), ("latency", ["latency": .text("x")]),
        ("latency", ["latency": .number(.infinity)]), ("latency", ["distribution": .text("cauchy")]),
        ("latency", ["latency": .ramp(Ramp(from: -1, to: 5, over: 1))]), ("limit_data", ["bytes": .number(1.5)]),
        ("limit_data", ["bytes": .number(1e300)]), ("packet_loss", ["loss_rate": .number(2)]), ("corrupt", [:]),
        ("duplicate", [:]), ("drop", ["offset": .number(-2)]), ("nonsense", [:]),
    ])
    func badAttributesAreRefused(_ type: String, _ attributes: [String: AttributeValue]) {
        #expect(throws: ProxyFailure.self) { try ToxicSpecification(type: type, attributes: attributes) }
    }

    @Test func aToxicityOutsideItsRangeIsRefused() {
        #expect(throws: ProxyFailure.self) { try ToxicSpecification(type: "noop", toxicity: 1.1) }
    }

    /// Toxics that do not promise loss come, change and go at any moment; every byte goes through once and in order, and
    /// the end comes last. Ten thousand seeded courses.
    @Test func noByteIsLostAddedOrReordered() throws {
        for seed in UInt64(1)...10_000 {
            var generator = SeededGenerator(seed: seed)
            var chain = ToxicChain()
            var active: [ActiveToxic] = []
            var now = at(0)
            var sent: [UInt8] = []
            var received: [UInt8] = []
            var ends = 0
            func collect() {
                while let content = chain.output.popFirst() {
                    switch content {
                    case .bytes(let bytes):
                        if ends > 0 { Issue.record("bytes after the end, seed \(seed)") }
                        received += bytes
                    case .end: ends += 1
                    case .ending: Issue.record("an ending that nobody asked for, seed \(seed)")
                    }
                }
            }
            for step in 0..<Int.random(in: 3...25, using: &generator) {
                now = now + Int64.random(in: 0...5_000_000, using: &generator)
                switch Int.random(in: 0..<10, using: &generator) {
                case 0...5:
                    let piece = (0..<Int.random(in: 1...300, using: &generator)).map { _ in
                        UInt8.random(in: .min ... .max, using: &generator)
                    }
                    sent += piece
                    chain.receive(.bytes(piece[...]), at: now)
                case 6, 7:
                    active.append(try randomToxic(step + 1, now, &generator))
                    #expect(chain.replace(with: active, at: now, make: make) == nil)
                case 8 where !active.isEmpty:
                    let index = Int.random(in: 0..<active.count, using: &generator)
                    active.remove(at: index)
                    #expect(chain.replace(with: active, at: now, make: make) == nil)
                case 9 where !active.isEmpty:
                    let index = Int.random(in: 0..<active.count, using: &generator)
                    let former = active[index]
                    let next = try randomToxic(former.number, now, &generator, type: former.specification.type)
                    active[index] = ActiveToxic(
                        specification: next.specification, number: former.number, revision: former.revision + 1,
                        start: now, shared: former.shared)
                    #expect(chain.replace(with: active, at: now, make: make) == nil)
                default: break
                }
                chain.release(at: now)
                collect()
            }
            chain.receive(.end, at: now)
            _ = chain.replace(with: [], at: now, make: make)
            chain.release(at: now)
            collect()
            #expect(received == sent, "seed \(seed)")
            #expect(ends == 1 && chain.waiting == 0 && chain.isEmpty, "seed \(seed)")
        }
    }

    private func randomToxic(
        _ number: Int, _ now: Moment, _ generator: inout SeededGenerator, type: String? = nil
    ) throws -> ActiveToxic {
        let lossless: [(String, [String: AttributeValue])] = [
            ("noop", [:]),
            ("latency", ["latency": .number(Double.random(in: 0...10, using: &generator)), "jitter": .number(3)]),
            ("latency", ["latency": .ramp(Ramp(from: 0, to: 20, over: 10)), "distribution": .text("pareto")]),
            ("bandwidth", ["rate": .number(Double.random(in: 0...50, using: &generator))]),
            ("bandwidth", ["rate": .number(0)]), ("bandwidth", ["rate": .number(5), "shared": .flag(true)]),
            ("slow_close", ["delay": .number(7)]),
            ("slicer", ["average_size": .number(20), "size_variation": .number(15), "delay": .number(300)]),
            ("stall", ["offset": .number(50)]), ("stall", ["duration": .number(4)]),
            ("limit_data", ["bytes": .number(1e9)]),
        ]
        let choices = lossless.filter { type == nil || $0.0 == type }
        let (kind, attributes) = choices[Int.random(in: 0..<choices.count, using: &generator)]
        return try toxic(number, kind, attributes, start: now)
    }
}
