import Events
import Foundation
import Testing

/// The quick writer must write what JSONEncoder would.
@Suite struct SampleLineTests {
    @Test(
        arguments: [
            [:], ["a": 0], ["a": -0.0, "b": 0.1], ["x.y": 1e300, "z": 1e-7, "big": 9_007_199_254_740_994, "n": -3],
            ["quote\"back\\slash/\u{1}": 5, "ü": 1.5], ["inf": .infinity, "minus": -.infinity],
        ] as [[String: Double]])
    func isWhatTheEncoderWrites(_ values: [String: Double]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        var writer = SampleLine()
        for time in [0, 12.3456] {
            let sample = Sample(values: values)
            let expected = try encoder.encode(RunEvent(time, .sample(sample)))
            let line = Data(writer.bytes(of: sample, at: time).dropLast())
            // Numbers may be spelt otherwise; what is read back must be the same.
            let decoder = JSONDecoder()
            decoder.nonConformingFloatDecodingStrategy = .convertFromString(
                positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
            let ours = try decoder.decode(RunEvent.self, from: line)
            let theirs = try decoder.decode(RunEvent.self, from: expected)
            #expect(ours == theirs)
        }
    }

    @Test func noticesOtherNames() throws {
        var writer = SampleLine()
        for values in [["a": 1.0, "b": 2], ["a": 1, "c": 3], ["a": 1], ["b": 2], [:]] as [[String: Double]] {
            let line = writer.bytes(of: Sample(values: values), at: 1)
            let event = try JSONDecoder().decode(RunEvent.self, from: Data(line))
            #expect(event.kind == .sample(Sample(values: values)))
        }
    }
}
