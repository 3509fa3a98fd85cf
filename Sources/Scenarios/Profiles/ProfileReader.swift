import Spelling
import Yams

/// Reads a target profile from YAML. Every mistake is found in one pass and listed with its line and column.
public struct ProfileReader {
    private let reader: DocumentReader
    private let folder: String
    private let fileText: (String) -> String?

    /// - Parameters:
    ///   - file: the name to show in diagnostics.
    ///   - folder: where the profile lies; other files are looked for from there.
    ///   - fileText: the text of another file, by its path; nil when it cannot be read.
    /// - Throws: `InvalidScenario` with every mistake.
    public static func read(
        _ text: String, file: String, folder: String, fileText: (String) -> String?
    ) throws(InvalidScenario) -> TargetProfile {
        try withoutActuallyEscaping(fileText) { (fileText) throws(InvalidScenario) -> TargetProfile in
            let reader = DocumentReader(file: file)
            guard text.utf8.count <= 1_000_000 else {
                reader.report("the file is larger than 1 MB, which no profile is", line: 1, column: 1)
                throw InvalidScenario(reader.diagnostics)
            }
            let profile = reader.root(of: text).flatMap {
                ProfileReader(reader: reader, folder: folder, fileText: fileText).profile($0)
            }
            guard let profile, reader.diagnostics.isEmpty else { throw InvalidScenario(reader.diagnostics) }
            return profile
        }
    }

    static let keys = ["apiVersion", "profile", "service", "load", "names"]
    static let programKeys = ["program", "arguments", "environment", "schema", "ready", "startTimeout"]
    static let loadKeys = ["endpoint", "headers", "requests", "stored", "errors", "rate", "timeout"]
    static let requestKeys = ["weight", "query", "variables", "get", "post", "body", "write", "answer", "equals"]

    private func profile(_ node: Node) -> TargetProfile? {
        guard
            let entries = reader.mapping(
                node, "the profile", keys: Self.keys, required: ["apiVersion", "profile", "service", "load"])
        else { return nil }
        if let version = entries["apiVersion"], version.string != Scenario.apiVersion {
            reader.report("apiVersion must be \(Scenario.apiVersion)", at: version)
        }
        let name = entries["profile"].flatMap { reader.identifier($0, "profile") }
        let program = entries["service"].flatMap(program)
        let requests = entries["load"].flatMap(requests)
        let names = entries["names"].map { texts(of: $0, "names") } ?? [:]
        guard let name, let program, let requests else { return nil }
        return TargetProfile(name: name, program: program, requests: requests, names: names)
    }

    // MARK: The program

    private func program(_ node: Node) -> TargetProfile.Program? {
        guard
            let entries = reader.mapping(
                node, "service", keys: Self.programKeys, required: ["program", "ready"])
        else { return nil }
        let names = TargetProfile.Program.placeholders
        let path = entries["program"].flatMap { placeholders($0, "program", names) }
        if let node = entries["program"], node.string?.hasPrefix("/") != true,
            node.string?.hasPrefix("{folder}/") != true
        {
            reader.report("program must be absolute, or begin with {folder}/: no shell and no PATH is used", at: node)
        }
        let arguments = entries["arguments"].map { reader.list($0, "arguments") } ?? []
        var environment: [String: PlaceholderText] = [:]
        for (name, value) in entries["environment"].map({ reader.named($0, "environment") }) ?? [] {
            environment[name] = placeholders(value, name, names)
        }
        var schema: String?
        if let node = entries["schema"], let given = entries.text("schema") {
            let place = given.hasPrefix("/") ? given : "\(folder)/\(given)"
            schema = fileText(place)
            if schema == nil { reader.report("schema: \(place) cannot be read", at: node) }
        }
        guard let path, let ready = self.path(entries, "ready") else { return nil }
        return TargetProfile.Program(
            path: path, arguments: arguments.compactMap { placeholders($0, "an argument", names) },
            environment: environment, schema: schema, ready: ready,
            startTimeout: entries.duration(
                "startTimeout", within: .seconds(1)...(.seconds(600)), default: .seconds(60)),
            folder: folder)
    }

    // MARK: The load

    private func requests(_ node: Node) -> TargetProfile.Requests? {
        guard let entries = reader.mapping(node, "load", keys: Self.loadKeys, required: ["requests"]),
            let given = entries["requests"]
        else { return nil }
        let kinds = reader.named(given, "requests").compactMap { request($0, $1) }
        if !kinds.contains(where: { !$0.isWrite }) {
            reader.report(
                "requests must have at least one that is no write: only those are asked everywhere", at: given)
        }
        let stored = entries.text("stored")
        if kinds.contains(where: \.isWrite), stored == nil {
            reader.report(
                "load needs \"stored\" where requests write: SQL that returns the stored keys which begin with $1",
                at: node
            )
        }
        if let node = entries["stored"], let stored, !stored.contains("$1") {
            reader.report("stored must use $1, the beginning of the run's keys", at: node)
        }
        let errors = entries["errors"].map { texts(of: $0, "errors") } ?? [:]
        for name in errors.keys.sorted() where !MetricNames.errorClasses.contains(name) {
            let hint = Spelling.suggestion(for: name, among: MetricNames.errorClasses)
            reader.report("errors: no class of errors is called \"\(name)\"\(hint)", at: entries["errors"] ?? node)
        }
        var rate = 1.0
        if let node = entries["rate"] {
            if case .fraction(let value)? = node.string.flatMap({ Quantity($0) }), value > 0, value <= 100 {
                rate = value
            } else {
                reader.report("rate must be a share of the scenario's rate such as 50%", at: node)
            }
        }
        let isGraphQL = kinds.contains { if case .graphQL = $0.content { true } else { false } }
        if isGraphQL, entries["endpoint"] == nil {
            reader.report("load needs \"endpoint\" where requests have a query: the path of GraphQL", at: node)
        }
        return TargetProfile.Requests(
            endpoint: path(entries, "endpoint") ?? "/",
            headers: entries["headers"].map { texts(of: $0, "headers") } ?? [:],
            kinds: kinds, stored: stored, errors: errors, rate: rate,
            timeout: entries.optionalDuration("timeout", within: .milliseconds(10)...(.seconds(600))))
    }

    private func request(_ name: String, _ node: Node) -> TargetProfile.Request? {
        guard
            let entries = reader.mapping(
                node, "request \(name)", keys: Self.requestKeys, required: ["answer"])
        else { return nil }
        let isWrite = entries.flag("write", default: false)
        let names = isWrite ? TargetProfile.Request.placeholders : []
        guard let content = content(of: entries, name, names) else { return nil }
        var weight = 1.0
        if let node = entries["weight"] {
            if let value = node.string.flatMap({ Double($0) }), value > 0, value <= 1e6 {
                weight = value
            } else {
                reader.report("weight must be a number above 0", at: node)
            }
        }
        let answer = (entries.text("answer") ?? "").split(separator: ".", omittingEmptySubsequences: false)
            .map(String.init)
        if answer.contains("") {
            reader.report("answer must be a path such as data.book.id", at: entries["answer"] ?? node)
        }
        var request = TargetProfile.Request(
            name: name, weight: weight, content: content, isWrite: isWrite, answer: answer)
        if isWrite, !request.drawnParts.contains(.name("key")) {
            reader.report("the write \(name) must store its {key}, or the ledger could not find it again", at: node)
        }
        request.equals = entries["equals"].flatMap { placeholders($0, "equals", names, drawsNumbers: true) }
        return request
    }

    private func content(of entries: Entries, _ name: String, _ names: [String]) -> TargetProfile.Request.Content? {
        let given = ["query", "get", "post"].filter { entries[$0] != nil }
        guard given.count == 1, let kind = given.first, let place = entries[kind] else {
            reader.report("request \(name) must have exactly one of query, get, post", at: entries.node)
            return nil
        }
        for (key, owner) in [("variables", "query"), ("body", "post")] where kind != owner {
            if let node = entries[key] { reader.report("\(key) belongs to \(owner)", at: node) }
        }
        if kind == "query" {
            return entries.text("query").map { query in
                .graphQL(query: query, variables: entries["variables"].map { value($0, names) } ?? .object([:]))
            }
        }
        guard let path = placeholders(place, kind, names, drawsNumbers: true) else { return nil }
        if !path.description.hasPrefix("/") { reader.report("\(kind) must be a path that begins with /", at: place) }
        return .plain(method: kind.uppercased(), path: path, body: entries["body"].map { value($0, names) })
    }

    /// A JSON value as YAML has it: quoted scalars are texts, others what they look like.
    private func value(_ node: Node, _ names: [String]) -> ValueTemplate {
        switch node {
        case .mapping(let mapping):
            var entries: [String: ValueTemplate] = [:]
            for (key, inner) in mapping {
                guard let name = key.string else {
                    reader.report("a key must be text", at: key)
                    continue
                }
                entries[name] = value(inner, names)
            }
            return .object(entries)
        case .sequence(let items):
            return .list(items.map { value($0, names) })
        case .scalar(let scalar):
            if scalar.style == .plain || scalar.style == .any {
                switch scalar.string {
                case "~", "null", "": return .null
                case "true": return .flag(true)
                case "false": return .flag(false)
                case let text where text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?/) != nil: return .number(text)
                default: break
                }
            }
            return placeholders(node, "a value", names, drawsNumbers: true).map { .text($0) } ?? .null
        case .alias:
            return .null
        }
    }

    // MARK: Texts

    private func placeholders(
        _ node: Node, _ what: String, _ names: [String], drawsNumbers: Bool = false
    ) -> PlaceholderText? {
        guard let text = node.string else {
            reader.report("\(what) must be text", at: node)
            return nil
        }
        do throws(PlaceholderText.Failure) {
            return try PlaceholderText(text, names: names, drawsNumbers: drawsNumbers)
        } catch {
            reader.report("\(what): \(error.message)", at: node, offset: error.offset)
            return nil
        }
    }

    private func path(_ entries: Entries, _ key: String) -> String? {
        guard let text = entries.text(key), let node = entries[key] else { return nil }
        if !text.hasPrefix("/") { reader.report("\(key) must be a path that begins with /", at: node) }
        return text
    }

    private func texts(of node: Node, _ what: String) -> [String: String] {
        var texts: [String: String] = [:]
        for (name, value) in reader.named(node, what) {
            guard let text = value.string, !text.isEmpty else {
                reader.report("\(name) in \(what) must be text", at: value)
                continue
            }
            texts[name] = text
        }
        return texts
    }
}
