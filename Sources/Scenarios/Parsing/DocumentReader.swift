import Spelling
import SyscallRules
import Yams

/// Walks a YAML document and collects every mistake instead of stopping at the first.
final class DocumentReader {
    let file: String
    private(set) var diagnostics: [Diagnostic] = []

    init(file: String) {
        self.file = file
    }

    /// The document's root, or nil when it is not YAML at all.
    func root(of text: String) -> Node? {
        do {
            guard let node = try Yams.compose(yaml: text) else {
                report(
                    "the file is empty: a scenario starts with apiVersion: \(Scenario.apiVersion)", line: 1, column: 1)
                return nil
            }
            return node
        } catch let error as YamlError {
            reportSyntax(error)
        } catch {
            report("not YAML: \(error)", line: 1, column: 1)
        }
        return nil
    }

    func report(_ message: String, at node: Node) {
        report(message, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
    }

    /// - Parameter offset: of what is wrong within the scalar's text, in characters.
    func report(_ message: String, at node: Node, offset: Int) {
        // A quoted scalar starts one column after its mark.
        let quote = node.scalar?.style == .doubleQuoted || node.scalar?.style == .singleQuoted ? 1 : 0
        report(message, line: node.mark?.line ?? 1, column: (node.mark?.column ?? 1) + quote + offset)
    }

    func report(_ message: String, line: Int, column: Int) {
        diagnostics.append(Diagnostic(file: file, line: max(1, line), column: max(1, column), message: message))
    }

    /// The entries of a mapping, after complaining of unknown and repeated keys.
    func mapping(_ node: Node, _ what: String, keys: [String], required: [String] = []) -> Entries? {
        guard case .mapping(let mapping) = node else {
            report("\(what) must be a mapping of \(keys.joined(separator: ", "))", at: node)
            return nil
        }
        var values: [String: Node] = [:]
        var hasUnknownKey = false
        for (key, value) in mapping {
            guard let name = key.string else {
                report("a key of \(what) must be a word", at: key)
                continue
            }
            guard keys.contains(name) else {
                let hint = Spelling.suggestion(for: name, among: keys)
                report("unknown key \"\(name)\" in \(what)\(hint)", at: key)
                hasUnknownKey = true
                continue
            }
            if values[name] != nil { report("\"\(name)\" is given twice in \(what)", at: key) }
            values[name] = value
        }
        for name in required where values[name] == nil { report("\(what) needs \"\(name)\"", at: node) }
        return Entries(reader: self, node: node, what: what, values: values, hasUnknownKey: hasUnknownKey)
    }

    /// The items of a list.
    func list(_ node: Node, _ what: String) -> [Node] {
        guard case .sequence(let sequence) = node else {
            report("\(what) must be a list", at: node)
            return []
        }
        return Array(sequence)
    }

    /// A name of the user's own: letters, digits, dots, dashes and underscores.
    func identifier(_ node: Node, _ what: String) -> String? {
        guard let text = node.string, let first = text.first, text.count <= 128, first.isLetter, first.isASCII,
            text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) })
        else {
            report(
                "\(what) must start with a letter and have only letters, digits, dots, dashes and underscores", at: node
            )
            return nil
        }
        return text
    }

    func condition(_ node: Node, _ what: String) -> Condition? {
        guard let text = node.string else {
            report("\(what) must be a condition such as \"latency.p99 < 50ms\"", at: node)
            return nil
        }
        do throws(ConditionParser.Failure) {
            return try ConditionParser.parse(text)
        } catch {
            report("\(what): \(error.message)", at: node, offset: error.offset)
            return nil
        }
    }

    func syscallRules(_ node: Node, _ what: String) -> SyscallRules? {
        guard let text = node.string else {
            report("\(what) must be text such as \"fsync:error=EIO:when=3+2\"", at: node)
            return nil
        }
        do throws(SyscallRuleError) {
            return try SyscallRules(text)
        } catch {
            report("\(what): \(error)", at: node, offset: error.offset)
            return nil
        }
    }

    private func reportSyntax(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            report("not YAML: \(problem)", line: mark.line, column: mark.column)
        case .reader(let problem, let offset, _, _):
            report("not YAML: \(problem)" + (offset.map { " at byte \($0)" } ?? ""), line: 1, column: 1)
        case .duplicatedKeysInMapping(let duplicates, let context):
            report(
                "given twice: \(duplicates.map { "\($0)" }.sorted().joined(separator: ", "))",
                line: context.mark.line, column: context.mark.column)
        default:
            report("not YAML: \(error)", line: 1, column: 1)
        }
    }

    /// A mapping from names of the user's own, in the order of the file.
    func named(_ node: Node, _ what: String) -> [(String, Node)] {
        guard case .mapping(let mapping) = node else {
            report("\(what) must be a mapping from names", at: node)
            return []
        }
        var seen: Set<String> = []
        return mapping.compactMap { key, value in
            guard let id = identifier(key, "a name in \(what)") else { return nil }
            guard seen.insert(id).inserted else {
                report("\(id) is given twice in \(what)", at: key)
                return nil
            }
            return (id, value)
        }
    }
}
