import Yams

/// The known entries of one mapping, with typed access that reports what does not fit.
struct Entries {
    let reader: DocumentReader
    let node: Node
    let what: String
    let values: [String: Node]
    /// A key was not known; what seems missing may be just misspelt.
    let hasUnknownKey: Bool

    subscript(_ key: String) -> Node? { values[key] }

    func text(_ key: String) -> String? {
        guard let node = values[key] else { return nil }
        guard let text = node.string, !text.isEmpty else {
            reader.report("\(key) must be text", at: node)
            return nil
        }
        return text
    }

    func duration(_ key: String, within range: ClosedRange<Duration>, default fallback: Duration) -> Duration {
        optionalDuration(key, within: range) ?? fallback
    }

    func optionalDuration(_ key: String, within range: ClosedRange<Duration>) -> Duration? {
        guard let node = values[key] else { return nil }
        guard let text = node.string, case .duration(let value)? = Quantity(text == "0" ? "0s" : text),
            range.contains(value)
        else {
            reader.report(
                "\(key) must be a time from \(range.lowerBound.short) to \(range.upperBound.short), such as 10s",
                at: node)
            return nil
        }
        return value
    }

    func optionalBytes(_ key: String, within range: ClosedRange<UInt64>) -> UInt64? {
        guard let node = values[key] else { return nil }
        guard case .bytes(let value)? = node.string.flatMap({ Quantity($0) }), range.contains(value) else {
            reader.report(
                "\(key) must be a size from \(range.lowerBound >> 20)MiB to \(range.upperBound >> 20)MiB, such as 512MiB",
                at: node)
            return nil
        }
        return value
    }

    func integer(_ key: String, within range: ClosedRange<Int>, default fallback: Int) -> Int {
        optionalInteger(key, within: range) ?? fallback
    }

    func optionalInteger(_ key: String, within range: ClosedRange<Int>) -> Int? {
        guard let node = values[key] else { return nil }
        guard let value = node.string.flatMap({ Int($0) }), range.contains(value) else {
            reader.report(
                "\(key) must be a whole number from \(range.lowerBound) to \(range.upperBound)", at: node)
            return nil
        }
        return value
    }

    func flag(_ key: String, default fallback: Bool) -> Bool {
        guard let node = values[key] else { return fallback }
        switch node.string {
        case "true": return true
        case "false": return false
        default:
            reader.report("\(key) must be true or false", at: node)
            return fallback
        }
    }

    func texts(_ key: String) -> [String] {
        guard let node = values[key] else { return [] }
        return reader.list(node, key).compactMap { item in
            guard let text = item.string else {
                reader.report("an item of \(key) must be text", at: item)
                return nil
            }
            return text
        }
    }
}
