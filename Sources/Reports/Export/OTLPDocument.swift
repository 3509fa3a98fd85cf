import Foundation

/// The parts of OTLP's JSON mapping that traces and metrics share: ids in hexadecimal, 64-bit integers as strings, enums
/// as numbers, names in lowerCamelCase (opentelemetry.io, OTLP specification 1.x, "JSON Protobuf Encoding").
enum OTLP {
    struct Value: Encodable {
        var stringValue: String?
        var boolValue: Bool?
        var doubleValue: Double?
        var intValue: String?
    }

    struct Attribute: Encodable {
        let key: String
        let value: Value

        init(_ key: String, _ text: String) {
            self.key = key
            // A JSON text cannot hold what no terminal should be told.
            value = Value(stringValue: VisibleText(text, keepsLines: true).description)
        }

        init(_ key: String, _ flag: Bool) {
            self.key = key
            value = Value(boolValue: flag)
        }

        init(_ key: String, _ number: Double) {
            self.key = key
            value = Value(doubleValue: number)
        }

        init(_ key: String, _ number: Int) {
            self.key = key
            value = Value(intValue: "\(number)")
        }
    }

    struct Resource: Encodable {
        let attributes: [Attribute]

        init(_ result: RunResult) {
            attributes =
                [
                    Attribute("service.name", "brink"), Attribute("service.version", result.brinkVersion),
                    Attribute("brink.run", result.run), Attribute("brink.scenario", result.scenario),
                    // As text: it has no sign, and OTLP's integers do.
                    Attribute("brink.seed", "\(result.seed)"),
                ]
                + result.environment.sorted { $0.key < $1.key }.map {
                    Attribute("brink.environment.\($0.key)", $0.value)
                }
        }
    }

    struct Scope: Encodable {
        let name = "brink"
        let version: String
    }

    /// An id that is the same whenever it is made of the same words, and never all zeros.
    /// - Parameter bytes: 8 or 16.
    static func id(_ words: [String], bytes: Int) -> String {
        var text = ""
        for part in 0..<(bytes / 8) {
            // FNV-1a over the words, each part from a start of its own.
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(part + 1)
            for byte in words.joined(separator: "\u{0}").utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            let digits = String(max(hash, 1), radix: 16)
            text += String(repeating: "0", count: 16 - digits.count) + digits
        }
        return text
    }
}
