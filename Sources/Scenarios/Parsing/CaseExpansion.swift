import Spelling
import Yams

/// Makes scenarios of one text: every case of `cases`, combined with every choice of `matrix`, gives values for the
/// placeholders `$(name)` in the rest of the text; `defaults` gives values for what a case leaves out.
///
/// A scalar that is nothing but a placeholder becomes the whole value, a mapping or a list too; a list item that becomes
/// a list is spliced in, and an entry that becomes `~` is left out. Values keep their place in the file, so that a mistake in one is shown where it was written.
struct CaseExpansion {
    let reader: DocumentReader

    static let keys = ["cases", "matrix", "defaults"]

    /// More than any suite has; YAML that expands without end is refused.
    private static let most = 500

    private typealias Values = [String: Node]

    /// The scenarios of a document, each as a document without cases; the document itself when it has none.
    func expand(_ root: Node) -> [Node] {
        guard case .mapping(let mapping) = root, CaseExpansion.keys.contains(where: { mapping[$0] != nil }) else {
            return [root]
        }
        var body = mapping
        for key in CaseExpansion.keys { body[Node(key)] = nil }
        let defaults = mapping["defaults"].map { values(of: $0, "defaults") } ?? [:]
        var rows: [Values] = mapping["cases"].map(cases) ?? [[:]]
        for (name, choices) in mapping["matrix"].map({ reader.named($0, "matrix") }) ?? [] {
            let choices = reader.list(choices, name)
            if choices.isEmpty { reader.report("\(name) must have at least one value", at: mapping["matrix"] ?? root) }
            guard rows.count * choices.count <= CaseExpansion.most else {
                reader.report("more than \(CaseExpansion.most) scenarios in one file", at: root)
                return []
            }
            rows = rows.flatMap { row in choices.map { row.merging([name: $0]) { $1 } } }
        }
        guard rows.count <= CaseExpansion.most else {
            reader.report("more than \(CaseExpansion.most) scenarios in one file", at: root)
            return []
        }
        var used: Set<String> = []
        let documents = rows.map { row in
            substitute(.mapping(body), defaults.merging(row) { $1 }, &used)
        }
        var complained: Set<String> = []
        for values in [defaults] + rows {
            for (name, node) in values.sorted(by: { $0.key < $1.key })
            where !used.contains(name) && complained.insert(name).inserted {
                reader.report("$(\(name)) is used nowhere", at: node)
            }
        }
        return documents
    }

    private func cases(_ node: Node) -> [Values] {
        let rows = reader.list(node, "cases")
        if rows.isEmpty { reader.report("cases must have at least one", at: node) }
        return rows.map { values(of: $0, "a case") }
    }

    private func values(of node: Node, _ what: String) -> Values {
        Dictionary(reader.named(node, what)) { first, _ in first }
    }

    // MARK: Substitution

    private func substitute(_ node: Node, _ values: Values, _ used: inout Set<String>) -> Node {
        switch node {
        case .scalar(let scalar):
            return substitute(scalar, node, values, &used)
        case .mapping(var mapping):
            var pairs: [(Node, Node)] = []
            for (key, value) in mapping {
                let result = substitute(value, values, &used)
                // A case that gives nothing for it leaves the entry out.
                if case .scalar(let scalar) = result, scalar.string == "~", result != value { continue }
                pairs.append((substitute(key, values, &used), result))
            }
            mapping = Node.Mapping(pairs, mapping.tag, mapping.style, mapping.mark)
            return .mapping(merge(mapping))
        case .sequence(let sequence):
            var items: [Node] = []
            for item in sequence {
                let result = substitute(item, values, &used)
                if case .sequence(let list) = result, case .scalar = item {
                    items += Array(list)
                } else {
                    items.append(result)
                }
            }
            return .sequence(Node.Sequence(items, sequence.tag, sequence.style, sequence.mark))
        default:
            return node
        }
    }

    /// Takes up the entries of a mapping under `<<` that are not there yet (YAML's merge key).
    private func merge(_ mapping: Node.Mapping) -> Node.Mapping {
        guard case .mapping(let others)? = mapping["<<"] else { return mapping }
        var merged = mapping
        merged[Node("<<")] = nil
        for (key, value) in others where merged[key] == nil { merged[key] = value }
        return merged
    }

    /// The first `$(name)`, a name being a letter and then letters, digits, `.`, `_` and `-`. By hand, for a regular
    /// expression took nine tenths of the time of reading the catalogue.
    private static func placeholder(in text: String) -> Range<String.Index>? {
        let bytes = text.utf8
        var start = bytes.startIndex
        while let dollar = bytes[start...].firstIndex(of: UInt8(ascii: "$")) {
            start = bytes.index(after: dollar)
            guard start < bytes.endIndex, bytes[start] == UInt8(ascii: "(") else { continue }
            let name = bytes[bytes.index(after: start)...].prefix(while: isNameByte)
            guard let first = name.first, isLetter(first), name.endIndex < bytes.endIndex,
                bytes[name.endIndex] == UInt8(ascii: ")")
            else { continue }
            return dollar..<bytes.index(after: name.endIndex)
        }
        return nil
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
    }

    private func substitute(
        _ scalar: Node.Scalar, _ node: Node, _ values: Values, _ used: inout Set<String>
    ) -> Node {
        var text = scalar.string
        // Values may name others, of which none can name itself.
        for _ in 0..<8 {
            guard let range = CaseExpansion.placeholder(in: text) else { break }
            let name = String(text[range].dropFirst(2).dropLast())
            guard let value = values[name] else {
                let hint = Spelling.suggestion(for: name, among: Array(values.keys))
                reader.report("no case gives a value for $(\(name))\(hint)", at: node)
                return node
            }
            used.insert(name)
            if range == text.startIndex..<text.endIndex {
                guard case .scalar(let inner) = value else { return substitute(value, values, &used) }
                if !inner.string.contains("$(") { return value }
                text = inner.string
                continue
            }
            guard case .scalar(let inner) = value else {
                reader.report("$(\(name)) is not a single value, so it must stand alone", at: node)
                return node
            }
            text.replaceSubrange(range, with: inner.string)
        }
        if CaseExpansion.placeholder(in: text) != nil {
            reader.report("placeholders within placeholders do not end in \"\(text.prefix(60))\"", at: node)
            return node
        }
        guard text != scalar.string else { return node }
        return .scalar(Node.Scalar(text, scalar.tag, scalar.style, scalar.mark))
    }
}
