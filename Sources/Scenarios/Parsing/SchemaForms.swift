import Foundation

/// The forms that JSON Schemas of Brink's own files are made of.
protocol SchemaForms {
    var root: [String: Any] { get }
}

extension SchemaForms {
    /// The schema as text.
    var written: String {
        let options: JSONSerialization.WritingOptions = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let data = try? JSONSerialization.data(withJSONObject: root, options: options) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }

    var duration: [String: Any] { pattern("^[0-9.]+ ?(us|ms|s|m|min|h)$|^0$") }
    var condition: [String: Any] { string("For example latency.p99 < 50ms.") }
    var name: [String: Any] { pattern("^[A-Za-z][A-Za-z0-9._-]*$") }

    func pattern(_ pattern: String) -> [String: Any] { ["type": ["string", "integer"], "pattern": pattern] }
    func string(_ description: String) -> [String: Any] { ["type": "string", "description": description] }
    func integer(_ minimum: Int) -> [String: Any] { ["type": "integer", "minimum": minimum] }
    func map(_ values: [String: Any]) -> [String: Any] { ["type": "object", "additionalProperties": values] }

    func object(_ properties: [String: Any], required: [String]) -> [String: Any] {
        ["type": "object", "properties": properties, "required": required, "additionalProperties": false]
    }

    /// An object with exactly one of some keys, besides others.
    func exactlyOne(
        _ choices: [String: Any], others: [String: Any], required: [String] = []
    ) -> [String: Any] {
        var schema = object(choices.merging(others) { $1 }, required: required)
        schema["oneOf"] = choices.keys.sorted().map { ["required": [$0]] }
        return schema
    }
}
