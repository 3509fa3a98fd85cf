import Events
import Foundation
import SeededRandom
import Testing

/// The quick reader must read what JSONDecoder would, or leave it to it.
@Suite struct SampleLineReaderTests {
    private static let samples: [[String: Double]] = [
        [:], ["a": 0], ["a": -0.0, "b": 0.1], ["x.y": 1e300, "z": 1e-7, "big": 9_007_199_254_740_994, "n": -3],
        ["ü": 1.5, "a": 123_456_789_012_345_680], ["inf": .infinity, "minus": -.infinity],
        ["a": 1, "b": 2], ["a": 1, "c": 3], ["a": 1], ["b": 2], ["a": 1, "b": 2, "c": 3], ["c": 3], ["a": 0.1 + 0.2],
    ]

    private func event(_ line: some Collection<UInt8>, _ reader: inout SampleLineReader) -> RunEvent? {
        Array(line).withUnsafeBytes { reader.event(of: $0) }
    }

    @Test func whatTheWriterWrote() {
        var writer = SampleLine()
        var reader = SampleLineReader()
        for (index, values) in (Self.samples + Self.samples.reversed()).enumerated() {
            let time = Double(index) * 12.345678
            let sample = Sample(values: values)
            let line = writer.bytes(of: sample, at: time).dropLast()
            #expect(event(line, &reader) == RunEvent(time, .sample(sample)))
        }
        let line = writer.bytes(of: Sample(values: ["a": .nan]), at: 1).dropLast()
        guard case .sample(let sample)? = event(line, &reader)?.kind else { return #expect(Bool(false)) }
        #expect(sample.values["a"]?.isNaN == true)
    }

    private static func values(_ text: String) -> String {
        #"{"data":{"values":{"# + text + #"}},"t":1,"type":"sample"}"#
    }

    @Test(
        arguments: [
            #"{"data":{"phase":"run"},"t":1,"type":"phase"}"#, "", "{", #","type":"sample"}"#, values(#""a\u0062":1"#),
            values(#""a":1,"a":2"#), values(#""a":1"#) + "}", values(#""a":1."#), values(#""a":0x1"#),
            values(#""a":01"#), values(#""a":1e999"#), values(#""a":1,"#),
        ])
    func whatIsNotItsOwnIsTheDecoders(_ line: String) {
        var reader = SampleLineReader()
        #expect(event(line.utf8, &reader) == nil)
    }

    /// Lines with a byte or two changed, by a fixed seed, each followed by a good one: what the quick reader takes, the
    /// decoder reads as the same, and a line that is refused leaves nothing behind.
    @Test func brokenLines() throws {
        var random = SeededGenerator(seed: 20_261_130)
        let decoder = JSONDecoder()
        var writer = SampleLine()
        let good = Sample(values: ["app.cpu.usage": 1.25, "errors.rate": 0, "latency.p99": 0.0123, "throughput": 250])
        let line = writer.bytes(of: good, at: 3.5).dropLast()
        let alphabet = Array(#"0123456789.eE+-,:{}"ax \#u{7F}"#.utf8)
        var reader = SampleLineReader()
        var taken = 0
        for _ in 0..<20_000 {
            var bytes = Array(line)
            for _ in 0...Int(random.next() % 2) {
                let place = Int(random.next() % UInt64(bytes.count))
                switch random.next() % 3 {
                case 0: bytes.remove(at: place)
                case 1: bytes[place] = alphabet[Int(random.next() % UInt64(alphabet.count))]
                default: bytes.insert(alphabet[Int(random.next() % UInt64(alphabet.count))], at: place)
                }
            }
            if let event = event(bytes, &reader) {
                taken += 1
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(try decoder.decode(RunEvent.self, from: Data(bytes)) == event, "\(text)")
            }
            #expect(event(line, &reader) == RunEvent(3.5, .sample(good)))
        }
        #expect(taken > 1000, "\(taken) of the broken lines were lines all the same")
    }
}
