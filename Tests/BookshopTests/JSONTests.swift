import Foundation
import SeededRandom
import Testing

@testable import bookshop

@Suite struct JSONTests {
    private func read(_ text: String) throws(JSONReader.Failure) -> GraphQLValue {
        try JSONReader.read(Array(text.utf8))
    }

    @Test func values() throws {
        let value = try read(#" {"a": [1, -2.5e1, true, null, "x"], "b": {"c": "d"}, "a2": 9223372036854775807} "#)
        #expect(value["a"] == .list([.int(1), .float(-25), .boolean(true), .null, .string("x")]))
        #expect(value["b"]?["c"] == .string("d"))
        #expect(value["a2"] == .int(.max))
    }

    @Test func escapes() throws {
        #expect(try read(#""a\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00é""#) == .string("a\"\\/\u{8}\u{c}\n\r\tä😀é"))
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "01", "1.", "-", "1e", "tru", "\"", "\"\\x\"", "\"\\ud800\"",
        "\"\\ud800\\u0041\"", "\"\\u12\"", "\"\u{1}\"", "1 2", "nul", "1e999", "[1 2]", "{1:2}", "+1",
    ])
    func malformed(_ text: String) {
        #expect(throws: JSONReader.Failure.self) { try read(text) }
    }

    @Test func notUTF8() {
        #expect(throws: JSONReader.Failure.self) { try JSONReader.read([0x22, 0xFF, 0x22]) }
    }

    @Test func deepNestingIsRefused() {
        #expect(throws: JSONReader.Failure.self) { try read(String(repeating: "[", count: 100_000)) }
    }

    /// What it accepts of mutated texts is what Foundation accepts.
    @Test func mutatedTextsAgainstFoundation() throws {
        var generator = SeededGenerator(seed: 11)
        let source = Array(#"{"query":"{ a(b: \"c\\u00e4\") }","variables":{"x":[1,-2.5,true,null]},"n":0.5e-3}"#.utf8)
        for _ in 0..<3000 {
            var text = source
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: text.indices, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: text[index] = UInt8.random(in: 0x20...0x7E, using: &generator)
                case 1: text.remove(at: index)
                default: text.insert(UInt8.random(in: 0x20...0x7E, using: &generator), at: index)
                }
            }
            let accepted = (try? JSONReader.read(text)) != nil
            let foundation = (try? JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)) != nil
            #expect(!accepted || foundation, "\(String(decoding: text, as: UTF8.self))")
        }
    }

    @Test func whatIsWrittenCanBeRead() throws {
        let text = String(String.UnicodeScalarView((0...0x2FF).compactMap(Unicode.Scalar.init))) + "😀"
        var json = JSONWriter()
        json.string(text)
        #expect(try JSONReader.read(json.bytes) == .string(text))
        let decoded = try JSONDecoder().decode(String.self, from: Data(json.bytes))
        #expect(decoded == text)
    }
}
