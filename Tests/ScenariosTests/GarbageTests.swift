import Faults
import Scenarios
import SeededRandom
import Testing

/// Ten thousand damaged scenarios: each is read or refused with a place, and none crashes or hangs the reader.
@Suite struct GarbageTests {
    private static let seed: UInt64 = 20_240_601
    private static let fragments = [
        "{", "}", "[", "]", ":", ",", "\"", "'", "\n", "\t", "- ", "&a", "*a", "!!int", "|", ">", "%", "#", "\u{0}",
        "💥", "0x7fffffffffffffff",
        "-1", "1e999", ".nan", "null", "~", "for", "and", "((((", "memory.high", "<<: *a", "? ", "---\n", "\r\n",
        "99999999999999999999s",
    ]

    @Test func tenThousandMutants() throws {
        print("garbage seed \(Self.seed)")
        var generator = SeededGenerator(seed: Self.seed)
        let original = Array(try #require(Catalogue.text(of: "cascade.pool-and-database")))
        var refused = 0
        for _ in 0..<10_000 {
            var text = original
            for _ in 0..<Int.random(in: 1...6, using: &generator) { mutate(&text, &generator) }
            do throws(InvalidScenario) {
                _ = try ScenarioReader.read(String(text), file: "m", faults: FaultRegistry.schemas)
            } catch {
                refused += 1
                #expect(!error.diagnostics.isEmpty)
                #expect(error.diagnostics.allSatisfy { $0.line >= 1 && $0.column >= 1 && !$0.message.isEmpty })
            }
        }
        print("garbage: \(refused) of 10000 refused")
        // A mutation can hit a comment or a text; most must be noticed.
        #expect(refused > 5000)
    }

    private func mutate(_ text: inout [Character], _ generator: inout SeededGenerator) {
        let place = Int.random(in: 0..<max(1, text.count), using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: if place < text.count { text.remove(at: place) }
        case 1:
            text.insert(contentsOf: Self.fragments.randomElement(using: &generator) ?? "", at: min(place, text.count))
        case 2:
            if place < text.count {
                text[place] = Character(Unicode.Scalar(UInt8.random(in: 0..<128, using: &generator)))
            }
        case 3: text.removeSubrange(place..<min(text.count, place + Int.random(in: 0..<80, using: &generator)))
        default:
            let end = min(text.count, place + Int.random(in: 0..<200, using: &generator))
            text.insert(
                contentsOf: text[min(place, text.count)..<end], at: Int.random(in: 0...text.count, using: &generator))
        }
    }
}
