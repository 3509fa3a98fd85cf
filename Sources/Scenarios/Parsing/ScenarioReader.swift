import Spelling
import Yams

/// Reads a scenario from YAML and checks it as a whole against the kinds of faults that exist.
///
/// Reading changes nothing. Every mistake is found in one pass and listed with its line and column.
public struct ScenarioReader {
    private let faultSchemas: [String: FaultSchema]
    private let reader: DocumentReader

    private init(faults: [FaultSchema], reader: DocumentReader) {
        self.faultSchemas = Dictionary(faults.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.reader = reader
    }

    /// Parses and checks a text that holds one scenario.
    /// - Parameters:
    ///   - file: the name to show in diagnostics.
    ///   - faults: the kinds of faults that scenarios may use.
    /// - Throws: `InvalidScenario` with every mistake.
    public static func read(
        _ text: String, file: String, faults: [FaultSchema]
    ) throws(InvalidScenario) -> Scenario {
        let scenarios = try readAll(text, file: file, faults: faults)
        guard scenarios.count == 1, let scenario = scenarios.first else {
            let ids = scenarios.prefix(5).map(\.id).joined(separator: ", ")
            throw InvalidScenario([
                Diagnostic(
                    file: file, line: 1, column: 1,
                    message: "\(scenarios.count) scenarios are in this file where one is wanted: \(ids) …")
            ])
        }
        return scenario
    }

    /// Parses and checks a text that holds one scenario, or several by its `cases` and `matrix`.
    /// - Throws: `InvalidScenario` with every mistake; one that all scenarios of the text share is given once.
    public static func readAll(
        _ text: String, file: String, faults: [FaultSchema]
    ) throws(InvalidScenario) -> [Scenario] {
        let reader = DocumentReader(file: file)
        // A scenario is a page; what is far larger is not one, and YAML that expands without end is refused early.
        guard text.utf8.count <= 1_000_000 else {
            reader.report("the file is larger than 1 MB, which no scenario is", line: 1, column: 1)
            throw InvalidScenario(reader.diagnostics)
        }
        let scenarioReader = ScenarioReader(faults: faults, reader: reader)
        let documents = reader.root(of: text).map { CaseExpansion(reader: reader).expand($0) } ?? []
        let scenarios = documents.compactMap { scenarioReader.scenario($0) }
        var seen: Set<String> = []
        for (scenario, document) in zip(scenarios, documents) where !seen.insert(scenario.id).inserted {
            reader.report(
                "two scenarios are called \(scenario.id): put what tells them apart into the id", at: document)
        }
        guard !scenarios.isEmpty, reader.diagnostics.isEmpty else { throw InvalidScenario(reader.diagnostics) }
        return scenarios
    }

    /// Parses and checks one fault of a scenario that has it not, as a client of an attached session names it.
    /// - Parameters:
    ///   - text: as an item of `faults`, in YAML or JSON; `at` may be left out, for it is now.
    ///   - file: what mistakes are said of.
    public static func readFault(
        _ text: String, file: String, of scenario: Scenario, faults: [FaultSchema]
    ) throws(InvalidScenario) -> FaultSpecification {
        let reader = DocumentReader(file: file)
        let scenarioReader = ScenarioReader(faults: faults, reader: reader)
        let fault = reader.root(of: text).flatMap { node -> FaultSpecification? in
            guard case .mapping(var mapping) = node else {
                reader.report(
                    "a fault is a mapping such as {id: f, memory.high: {target: app, value: 64MiB}}", at: node)
                return nil
            }
            for key in ["when", "after"] {
                guard let other = mapping[Node(key)] else { continue }
                reader.report("an attached session injects a fault when it is named: leave \"\(key)\" out", at: other)
                return nil
            }
            if mapping["at"] == nil { mapping["at"] = Node("0s") }
            return scenarioReader.fault(.mapping(mapping), targets: scenario.targets, services: scenario.services)
        }
        guard let fault, reader.diagnostics.isEmpty else { throw InvalidScenario(reader.diagnostics) }
        return fault
    }

    /// Keys on the top level, in the order in which the reference lists them.
    static let keys =
        [
            "apiVersion", "id", "why", "seed", "services", "targets", "load", "dataSafety", "bypass", "alerts",
            "phases",
            "sampling", "steadyState", "faults", "neighbours", "abort", "expect",
        ] + AboutReader.keys

    private func scenario(_ node: Node) -> Scenario? {
        guard
            let entries = reader.mapping(
                node, "the scenario", keys: ScenarioReader.keys, required: ["apiVersion", "id", "faults"])
        else { return nil }
        if let version = entries["apiVersion"], version.string != Scenario.apiVersion {
            reader.report("apiVersion must be \(Scenario.apiVersion)", at: version)
        }
        let services = entries["services"].map { ServiceReader(reader: reader).read($0) } ?? []
        let targets = entries["targets"].map { self.targets($0, services: services) } ?? []
        checkReferences(services: services, targets: targets, at: entries["services"] ?? node)
        let neighbours =
            entries["neighbours"].map { self.neighbours($0, services: services, targets: targets) } ?? []
        let faults = entries["faults"].map { self.faults($0, targets: targets, services: services) } ?? []
        let phases = phases(entries["phases"])
        var scenario = Scenario(
            id: entries["id"].flatMap { reader.identifier($0, "id") } ?? "", why: entries.text("why") ?? "",
            about: AboutReader(reader: reader).read(entries),
            seed: UInt64(entries.integer("seed", within: 0...Int.max, default: 1)), services: services,
            targets: targets, load: entries["load"].flatMap { load($0, services: services, targets: targets) },
            dataSafety: entries["dataSafety"].flatMap {
                DataSafetyReader(reader: reader).read($0, targets: targets, services: services)
            },
            bypass: entries["bypass"].flatMap {
                BypassReader(reader: reader).read($0, targets: targets, services: services)
            },
            alerts: entries["alerts"].flatMap { AlertingReader(reader: reader).read($0) } ?? Alerting(),
            phases: phases,
            sampling: entries.duration(
                "sampling", within: .milliseconds(20)...(.seconds(10)), default: Scenario.usualSampling),
            steadyState: entries["steadyState"].flatMap(steadyState), faults: faults,
            neighbours: neighbours, aborts: (entries["abort"].map(aborts) ?? []) + neighbours.map(\.abort),
            expectations: entries["expect"].map(expectations) ?? [])
        if scenario.steadyState == nil, scenario.load != nil {
            reader.report("a scenario with load needs steadyState: when does the service count as well?", at: node)
        }
        checkRecovery(of: scenario, at: entries["phases"] ?? node)
        checkSampling(of: scenario, at: entries["sampling"] ?? node)
        checkConditions(of: scenario, entries)
        if scenario.id.isEmpty { scenario.id = "unnamed" }
        return scenario
    }

    // MARK: Targets

    private func targets(_ node: Node, services: [Service]) -> [Target] {
        reader.named(node, "targets").compactMap { id, value in
            if ["harness", "host"].contains(id) || MetricNames.global.contains(where: { $0 == id }) {
                reader.report("a target cannot be called \(id): metrics have that name", at: value)
            }
            let keys = [
                "service", "cgroup", "process", "pidFile", "name", "container", "unit", "postgres", "redis", "tcpProxy",
            ]
            guard let entries = reader.mapping(value, "target \(id)", keys: keys) else { return nil }
            guard entries.values.count == 1, let (name, body) = entries.values.first else {
                reader.report("target \(id) must be exactly one of \(keys.joined(separator: ", "))", at: value)
                return nil
            }
            return targetKind(name, body, services: services).map { Target(id: id, kind: $0) }
        }
    }

    private func neighbours(_ node: Node, services: [Service], targets: [Target]) -> [Neighbour] {
        reader.named(node, "neighbours").compactMap { id, value in
            if ["harness", "host"].contains(id) || targets.contains(where: { $0.id == id }) {
                reader.report("a neighbour cannot be called \(id): other metrics have that name", at: value)
            }
            let places = ["service", "cgroup", "process", "pidFile"]
            guard
                let entries = reader.mapping(
                    value, "neighbour \(id)", keys: places + ["url", "limit"], required: ["limit"])
            else { return nil }
            let given = places.filter { entries[$0] != nil }
            guard given.count <= 1, !given.isEmpty || entries["url"] != nil else {
                reader.report(
                    "neighbour \(id) needs one of \(places.joined(separator: ", ")), or url, or both", at: value)
                return nil
            }
            if let node = entries["url"], node.string?.hasPrefix("http://") != true {
                reader.report("url must start with http://: it is asked without TLS", at: node)
            }
            guard let limit = entries["limit"].flatMap({ reader.condition($0, "limit") }) else { return nil }
            let place = given.first.flatMap { name in
                entries[name].flatMap { targetKind(name, $0, services: services) }
            }
            return Neighbour(id: id, place: place, url: entries.text("url"), limit: limit)
        }
    }

    private func targetKind(_ name: String, _ node: Node, services: [Service]) -> Target.Kind? {
        switch name {
        case "service":
            guard let id = node.string, services.contains(where: { $0.id == id }) else {
                let hint = Spelling.suggestion(for: node.string ?? "", among: services.map(\.id))
                reader.report("no service of this scenario has that name\(hint)", at: node)
                return nil
            }
            return .service(id)
        case "cgroup":
            guard let path = node.string, !path.isEmpty, !path.split(separator: "/").contains("..") else {
                reader.report("cgroup must be a path below the cgroup v2 root, without dots", at: node)
                return nil
            }
            return .cgroup(path)
        case "process":
            guard let pid = node.string.flatMap({ Int32($0) }), pid > 0 else {
                reader.report("process must be a pid", at: node)
                return nil
            }
            return .process(pid: pid)
        case "pidFile":
            return absolutePath(node, "pidFile").map { .pidFile($0) }
        case "name":
            guard let name = node.string, !name.isEmpty, !name.contains("/"), name.utf8.count < 256 else {
                reader.report("name must be a process's own name, such as postgres-exporter, without a path", at: node)
                return nil
            }
            return .processName(name)
        case "container":
            return container(node).map { .container($0) }
        case "unit":
            guard let name = node.string, UnitName.isWhole(name) else {
                let kinds = UnitName.kinds.joined(separator: ", ")
                reader.report(
                    "unit must be the whole name of a unit, such as nginx.service; kinds are \(kinds)", at: node)
                return nil
            }
            return .unit(name)
        case "postgres":
            return server(node)
        case "redis":
            return redis(node)
        default:
            guard
                let entries = reader.mapping(
                    node, "tcpProxy", keys: ["listen", "upstream"], required: ["upstream"])
            else { return nil }
            return .tcpProxy(listen: entries.text("listen") ?? "127.0.0.1:0", upstream: entries.text("upstream") ?? "")
        }
    }

    /// A PostgreSQL that runs already: by its data directory, by a connection string, or by both.
    private func server(_ node: Node) -> Target.Kind? {
        guard let entries = reader.mapping(node, "postgres", keys: ["data", "connection"]) else { return nil }
        let connection = entries.text("connection")
        if let connection,
            connection.contains("password=") || connection.wholeMatch(of: /[a-z]+:\/\/[^\/@]*:[^\/@]*@.*/) != nil
        {
            reader.report(
                "no password in a scenario: put it into the file that PGPASSFILE names",
                at: entries["connection"] ?? node)
            return nil
        }
        switch (entries["data"], connection) {
        case (let data?, _): return absolutePath(data, "data").map { .postgres(data: $0, connection: connection) }
        case (nil, let connection?): return .database(connection: connection)
        case (nil, nil):
            if !entries.hasUnknownKey { reader.report("postgres needs data, or connection, or both", at: node) }
            return nil
        }
    }

    /// A Redis that runs already.
    private func redis(_ node: Node) -> Target.Kind? {
        guard let entries = reader.mapping(node, "redis", keys: ["address"], required: ["address"]) else { return nil }
        guard let address = entries.text("address") else { return nil }
        guard address.wholeMatch(of: /[^:\/@\s]+:[0-9]{1,5}/) != nil else {
            reader.report(
                "address must be HOST:PORT, such as 127.0.0.1:6379, without a password",
                at: entries["address"] ?? node)
            return nil
        }
        return .redis(address: address)
    }

    private func container(_ node: Node) -> ContainerReference? {
        let selectors = ["name", "id", "label"]
        guard let entries = reader.mapping(node, "container", keys: selectors + ["runtime", "cgroup"]) else {
            return nil
        }
        let given = selectors.filter { entries[$0] != nil }
        guard given.count == 1, let key = given.first, let place = entries[key] else {
            if !given.isEmpty || !entries.hasUnknownKey {
                reader.report("container needs exactly one of \(selectors.joined(separator: ", "))", at: node)
            }
            return nil
        }
        guard let text = entries.text(key) else { return nil }
        let selector: ContainerReference.Selector
        switch key {
        case "name": selector = .name(text)
        case "id": selector = .id(text)
        default:
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let name = parts.first, !name.isEmpty else {
                reader.report("label must be NAME=VALUE, or NAME for any value", at: place)
                return nil
            }
            selector = .label(name: name, value: parts.count > 1 ? parts[1] : nil)
        }
        var reference = ContainerReference(selector)
        if let node = entries["runtime"] {
            let names = ContainerReference.Runtime.allCases.map(\.rawValue)
            guard let runtime = node.string.flatMap(ContainerReference.Runtime.init) else {
                let hint = Spelling.suggestion(for: node.string ?? "", among: names)
                reader.report("runtime must be one of \(names.joined(separator: ", "))\(hint)", at: node)
                return nil
            }
            reference.runtime = runtime
        }
        if let node = entries["cgroup"] {
            let parts = (node.string ?? "").split(separator: "/", omittingEmptySubsequences: false)
            guard !parts.contains(where: { ["", ".", ".."].contains($0) }) else {
                reader.report("cgroup must be a path below the container's own cgroup, without dots", at: node)
                return nil
            }
            reference.cgroup = node.string
        }
        return reference
    }

    private func absolutePath(_ node: Node, _ what: String) -> String? {
        guard let path = node.string, path.hasPrefix("/") else {
            reader.report("\(what) must be an absolute path", at: node)
            return nil
        }
        return path
    }

    /// Services and links may name each other; a circle could never be started.
    private func checkReferences(services: [Service], targets: [Target], at node: Node) {
        let links = Scenario.references(of: services, targets)
        let known = Set(services.map(\.id)).union(targets.map(\.id))
        let standbys = Set(services.filter { $0.primary != nil }.map(\.id))
        for (id, upstreams) in links.sorted(by: { $0.key < $1.key }) {
            for upstream in upstreams {
                guard known.contains(upstream) || upstream.contains(":") || upstream.contains("=") else {
                    // What a standby follows is looked at where standbys are.
                    if standbys.contains(id) { continue }
                    let hint = Spelling.suggestion(for: upstream, among: known)
                    reader.report(
                        "\(id) refers to \"\(upstream)\", which is no service, target or address\(hint)", at: node)
                    continue
                }
                if leads(from: upstream, to: id, links) {
                    reader.report("\(id) depends on itself through \(upstream)", at: node)
                }
            }
        }
        checkIssuers(services: services, targets: targets, known, at: node)
    }

    /// The load gets its tokens from the issuer itself, so a bookshop's must be one that the scenario starts.
    private func checkIssuers(services: [Service], targets: [Target], _ known: Set<String>, at node: Node) {
        for service in services {
            guard case .bookshop(let bookshop) = service.kind, let reference = bookshop.issuer,
                known.contains(reference) || reference.contains(":") || reference.contains("="),
                Scenario.issuer(behind: reference, services: services, targets: targets) == nil
            else { continue }
            let place = node[service.id]?["bookshop"]?["issuer"] ?? node
            reader.report(
                "the issuer of \(service.id) must be a service with issuer: {}, or a link to one; \(reference) is none",
                at: place)
        }
    }

    private func leads(from start: String, to end: String, _ links: [String: [String]]) -> Bool {
        var seen: Set<String> = []
        var next = [start]
        while let current = next.popLast() {
            if current == end { return true }
            if seen.insert(current).inserted { next += links[current] ?? [] }
        }
        return false
    }

    // MARK: Load, phases, steady state

    private func load(_ node: Node, services: [Service], targets: [Target]) -> Load? {
        guard let outer = reader.mapping(node, "load", keys: ["http", "sql"]), outer.values.count == 1,
            let (kind, body) = outer.values.first
        else {
            reader.report("load must be exactly one of http, sql", at: node)
            return nil
        }
        let common = ["rate", "mix", "writes", "timeout", "maximumInFlight"]
        let own = kind == "http" ? ["url", "service"] : ["target"]
        guard let entries = reader.mapping(body, "load.\(kind)", keys: own + common, required: ["rate"]) else {
            return nil
        }
        guard let destination = destination(kind, entries, services: services, targets: targets) else { return nil }
        var rate = 0.0
        if let node = entries["rate"] {
            if case .rate(let value)? = node.string.flatMap({ Quantity($0) }), value > 0, value <= 100_000 {
                rate = value
            } else {
                reader.report("rate must be arrivals per second such as 200/s, at most 100000/s", at: node)
            }
        }
        var writes = 0.2
        if let node = entries["writes"] {
            if case .fraction(let value)? = node.string.flatMap({ Quantity($0) }), (0...1).contains(value) {
                writes = value
            } else {
                reader.report("writes must be a percentage such as 20%", at: node)
            }
        }
        let mix = entries.text("mix") ?? "default"
        if !Load.mixes.contains(mix) {
            let hint = Spelling.suggestion(for: mix, among: Load.mixes)
            reader.report("unknown mix \"\(mix)\"\(hint)", at: entries["mix"] ?? node)
        }
        return Load(
            destination: destination, rate: rate, mix: mix, writes: writes,
            timeout: entries.duration("timeout", within: .milliseconds(10)...(.seconds(600)), default: .seconds(10)),
            maximumInFlight: entries.integer("maximumInFlight", within: 1...100_000, default: 1000))
    }

    private func destination(
        _ kind: String, _ entries: Entries, services: [Service], targets: [Target]
    ) -> Load.Destination? {
        guard kind == "http" else {
            guard let text = entries.text("target") else {
                reader.report("load.sql needs \"target\": a service, a link or a connection string", at: entries.node)
                return nil
            }
            return .sql(text)
        }
        switch (entries.text("url"), entries.text("service")) {
        case (let url?, nil):
            guard url.hasPrefix("http://") else {
                reader.report(
                    "url must start with http://: the load speaks to the service itself, behind whatever ends its TLS",
                    at: entries["url"] ?? entries.node)
                return nil
            }
            return .http(.url(url))
        case (nil, let id?):
            guard services.contains(where: { $0.id == id }) else {
                let hint = Spelling.suggestion(for: id, among: services.map(\.id))
                reader.report("no service \"\(id)\"\(hint)", at: entries["service"] ?? entries.node)
                return nil
            }
            return .http(.service(id))
        default:
            reader.report("load.http needs either \"url\" or \"service\"", at: entries.node)
            return nil
        }
    }

    private func phases(_ node: Node?) -> Scenario.Phases {
        var phases = Scenario.Phases(baseline: .seconds(15), run: .seconds(60), recovery: .seconds(60))
        let keys = ["baseline", "run", "recovery", "untilRecovered"]
        guard let node, let entries = reader.mapping(node, "phases", keys: keys) else { return phases }
        let range = Duration.zero...(.seconds(86400))
        phases.baseline = entries.duration("baseline", within: range, default: phases.baseline)
        phases.run = entries.duration("run", within: .milliseconds(100)...(.seconds(86400)), default: phases.run)
        phases.recovery = entries.duration("recovery", within: range, default: phases.recovery)
        phases.untilRecovered = entries.flag("untilRecovered", default: false)
        return phases
    }

    private func steadyState(_ node: Node) -> Scenario.SteadyState? {
        guard
            let entries = reader.mapping(
                node, "steadyState", keys: ["window", "checks", "during", "after"], required: ["checks"]),
            let checks = entries["checks"]
        else { return nil }
        let conditions: [Scenario.SteadyState.Check] = reader.named(checks, "checks").compactMap { id, value in
            reader.condition(value, "check \(id)").map { Scenario.SteadyState.Check(id: id, condition: $0) }
        }
        if conditions.isEmpty { reader.report("steadyState needs at least one check", at: checks) }
        return Scenario.SteadyState(
            window: entries.duration("window", within: .milliseconds(200)...(.seconds(600)), default: .seconds(5)),
            checks: conditions, during: entries.flag("during", default: false),
            after: entries.flag("after", default: true))
    }

    /// What began before the recovery phase says nothing of it, so a shorter one could never be seen to be steady.
    private func checkRecovery(of scenario: Scenario, at node: Node) {
        guard let steady = scenario.steadyState, steady.after, scenario.phases.recovery > .zero,
            scenario.phases.recovery < steady.window
        else { return }
        reader.report(
            "recovery (\(scenario.phases.recovery.short)) must be at least the steady state's window "
                + "(\(steady.window.short)), or 0s: nothing could be seen to recover", at: node)
    }

    private func checkSampling(of scenario: Scenario, at node: Node) {
        guard let steady = scenario.steadyState, steady.window < scenario.sampling else { return }
        reader.report(
            "sampling (\(scenario.sampling.short)) must be no longer than the steady state's window "
                + "(\(steady.window.short)): a window without a sample says nothing", at: node)
    }

    // MARK: Faults

    private func faults(_ node: Node, targets: [Target], services: [Service]) -> [FaultSpecification] {
        var seen: Set<String> = []
        let found: [FaultSpecification] = reader.list(node, "faults").compactMap { item in
            guard let fault = fault(item, targets: targets, services: services) else { return nil }
            guard seen.insert(fault.id).inserted else {
                reader.report("two faults are called \(fault.id)", at: item)
                return nil
            }
            return fault
        }
        checkOrder(of: found, at: node)
        return found
    }

    private func fault(_ node: Node, targets: [Target], services: [Service]) -> FaultSpecification? {
        let own = ["id", "at", "when", "after", "for"]
        guard
            let entries = reader.mapping(
                node, "a fault", keys: own + faultSchemas.keys.sorted(), required: ["id"])
        else { return nil }
        let kinds = entries.values.keys.filter { !own.contains($0) }
        guard kinds.count == 1, let name = kinds.first, let schema = faultSchemas[name], let body = entries[name] else {
            if kinds.isEmpty, entries.hasUnknownKey { return nil }
            reader.report("a fault needs exactly one kind, such as memory.high; `brink faults` lists them", at: node)
            return nil
        }
        let id = entries["id"].flatMap { reader.identifier($0, "id") }
        let keys = ["target"] + schema.parameters.map(\.name)
        let required = ["target"] + schema.parameters.filter(\.isRequired).map(\.name)
        guard let values = reader.mapping(body, name, keys: keys, required: required) else { return nil }
        let target = values.text("target")
        if let target, let node = values["target"] {
            checkTarget(target, schema, at: node, targets: targets, services: services)
        }
        var duration = entries.optionalDuration("for", within: .milliseconds(1)...(.seconds(86400)))
        if schema.isInstant, duration != nil {
            reader.report("\(name) happens at one moment and takes no \"for\"", at: entries["for"] ?? node)
        }
        // What is left to make sure of, such as that a server runs again, is made sure of at once.
        if schema.isInstant { duration = .zero }
        let parameters = parameters(values, schema)
        if let parameter = schema.durationParameter {
            if duration != nil {
                reader.report("\(name) lasts for its \(parameter) and takes no \"for\"", at: entries["for"] ?? node)
            }
            duration = parameters.duration(parameter)
        }
        guard let trigger = trigger(entries, node), let id, let target else { return nil }
        return FaultSpecification(
            id: id, name: name, target: target, trigger: trigger, duration: duration, parameters: parameters)
    }

    private func trigger(_ entries: Entries, _ node: Node) -> FaultSpecification.Trigger? {
        switch (entries["at"], entries["when"], entries["after"]) {
        case (_?, nil, nil):
            return .at(entries.duration("at", within: .zero...(.seconds(86400)), default: .zero))
        case (nil, let when?, nil):
            return reader.condition(when, "when").map { .when($0) }
        case (nil, nil, _?):
            return entries.text("after").map { .after($0) }
        case (nil, nil, nil):
            reader.report("a fault needs \"at\", \"when\" or \"after\"", at: node)
        default:
            reader.report("a fault has one of \"at\", \"when\" and \"after\"", at: node)
        }
        return nil
    }

    /// A fault that waits for itself, or for one that there is not, would never be due.
    private func checkOrder(of faults: [FaultSpecification], at node: Node) {
        var links: [String: [String]] = [:]
        for fault in faults {
            if case .after(let other) = fault.trigger { links[fault.id] = [other] }
        }
        let known = faults.map(\.id)
        for fault in faults {
            guard case .after(let other) = fault.trigger else { continue }
            if !known.contains(other) {
                let hint = Spelling.suggestion(for: other, among: known)
                reader.report("\(fault.id) comes after \"\(other)\", and no fault is called so\(hint)", at: node)
            } else if leads(from: other, to: fault.id, links) {
                reader.report("\(fault.id) comes after itself", at: node)
            }
        }
    }

    private func checkTarget(
        _ id: String, _ schema: FaultSchema, at node: Node, targets: [Target], services: [Service]
    ) {
        guard let target = targets.first(where: { $0.id == id }) else {
            let hint = Spelling.suggestion(for: id, among: targets.map(\.id))
            reader.report("no target is called \"\(id)\"\(hint)", at: node)
            return
        }
        let kinds = target.kinds(services: services)
        if schema.targets.isDisjoint(with: kinds) {
            let wanted = schema.targets.sorted().map(\.rawValue).joined(separator: " or ")
            let given = kinds.sorted().map(\.rawValue).joined(separator: ", ")
            let reason =
                switch schema.targets {
                case [.service]: " (only what Brink starts can be prepared for it before it runs)"
                case [.volume]: " (give its service a file system of its own: postgres: {volume: 512MiB})"
                case [.pooler]: " (a service of the scenario with pgbouncer)"
                case [.issuer]: " (a service of the scenario with issuer: {}, which a bookshop names)"
                case [.tokenCache]: " (a bookshop of the scenario that checks tokens)"
                case [.redis]: " (a service of the scenario with redis)"
                case [.cache]: " (a service with redis or bookshop, or the address of a redis that runs already)"
                case _ where kinds == [.database]:
                    " (a connection string leads to no process and no file: name the cluster with data:)"
                default: ""
                }
            reader.report("\(schema.name) needs a target that is a \(wanted); \(id) is: \(given)\(reason)", at: node)
        }
    }

    private func parameters(_ entries: Entries, _ schema: FaultSchema) -> Parameters {
        var parameters = Parameters()
        for parameter in schema.parameters {
            guard let node = entries[parameter.name] else {
                parameters[parameter.name] = parameter.defaultValue.flatMap { parameter.parse($0) }
                continue
            }
            if parameter.kind == .syscallRules {
                parameters[parameter.name] = reader.syscallRules(node, "\(schema.name).\(parameter.name)")
                    .map { .syscallRules($0) }
                continue
            }
            guard let text = node.string, let value = parameter.parse(text) else {
                reader.report("\(schema.name).\(parameter.name) must be: \(parameter.form)", at: node)
                continue
            }
            parameters[parameter.name] = value
        }
        return parameters
    }

    // MARK: Aborts, expectations, conditions

    private func aborts(_ node: Node) -> [Scenario.AbortCondition] {
        reader.list(node, "abort").compactMap { item in
            guard let entries = reader.mapping(item, "an abort condition", keys: ["if", "for"], required: ["if"]),
                let text = entries["if"], var condition = reader.condition(text, "if")
            else { return nil }
            if let time = entries.optionalDuration("for", within: .zero...(.seconds(3600))) {
                condition.sustained = time
            }
            return Scenario.AbortCondition(condition: condition, neighbour: nil)
        }
    }

    private func expectations(_ node: Node) -> [Scenario.Expectation] {
        var seen: Set<String> = []
        return reader.list(node, "expect").compactMap { item in
            guard
                let entries = reader.mapping(
                    item, "an expectation", keys: ["id", "that"], required: ["id", "that"]),
                let id = entries["id"].flatMap({ reader.identifier($0, "id") }),
                let that = entries["that"].flatMap({ reader.condition($0, "that") })
            else { return nil }
            if !seen.insert(id).inserted { reader.report("two expectations are called \(id)", at: item) }
            return Scenario.Expectation(id: id, that: that)
        }
    }

    private func checkConditions(of scenario: Scenario, _ entries: Entries) {
        let targets = scenario.targets.map(\.id)
        let neighbours = scenario.neighbours.map(\.id)
        let faults = scenario.faults
        let check = { (condition: Condition, node: Node, onlyMetrics: Bool) in
            for operand in condition.expression.operands {
                problem(
                    with: operand, targets: targets, neighbours: neighbours, faults: faults, onlyMetrics: onlyMetrics
                )
                .map { reader.report($0, at: node) }
            }
        }
        for (section, conditions, onlyMetrics) in [
            ("steadyState", scenario.steadyState?.checks.map(\.condition) ?? [], true),
            (
                "alerts",
                scenario.alerts.rules.compactMap {
                    if case .threshold(let condition) = $0.kind { condition } else { nil }
                }, true
            ),
            ("abort", scenario.aborts.filter { $0.neighbour == nil }.map(\.condition), true),
            ("neighbours", scenario.neighbours.map(\.limit), true),
            ("expect", scenario.expectations.map(\.that), false),
            (
                "faults",
                scenario.faults.compactMap { if case .when(let condition) = $0.trigger { condition } else { nil } },
                true
            ),
        ] {
            for condition in conditions {
                guard let root = entries[section] else { continue }
                check(condition, place(of: condition.text, in: root) ?? root, onlyMetrics)
            }
        }
        for rule in scenario.alerts.rules {
            guard let root = entries["alerts"] else { continue }
            if case .threshold = rule.kind { continue }
            for metric in rule.metrics {
                MetricNames.problem(with: metric, targets: targets, neighbours: neighbours)
                    .map { reader.report($0, at: place(of: metric, in: root) ?? root) }
            }
        }
    }

    /// The scalar that holds a condition's text.
    private func place(of text: String, in node: Node) -> Node? {
        switch node {
        case .scalar(let scalar): scalar.string == text ? node : nil
        case .mapping(let mapping): mapping.lazy.compactMap { place(of: text, in: $0.value) }.first
        case .sequence(let sequence): sequence.lazy.compactMap { place(of: text, in: $0) }.first
        case .alias: nil
        }
    }

    private func problem(
        with operand: Expression.Operand, targets: [String], neighbours: [String], faults: [FaultSpecification],
        onlyMetrics: Bool
    ) -> String? {
        let known = faults.map(\.id)
        let fault = { (id: String) -> String? in
            known.contains(id) ? nil : "no fault is called \"\(id)\"\(Spelling.suggestion(for: id, among: known))"
        }
        let phases = ["baseline", "run", "recovery"]
        switch operand {
        case .metric(let name):
            return MetricNames.problem(with: name, targets: targets, neighbours: neighbours)
        case _ where onlyMetrics:
            return "\(operand) is known only at the end: use it in \"expect\""
        case .recovery(let id):
            return fault(id)
        case .during(let id, _) where faults.contains { $0.id == id && $0.duration == .zero }:
            return "\(id) happens at one moment, during which nothing is measured: use phase(run, …) or recovery(\(id))"
        case .during(let id, let metric):
            return fault(id) ?? MetricNames.problem(with: metric, targets: targets, neighbours: neighbours)
        case .peak(_, let metric) where MetricNames.isOfLoad(metric):
            return "\(metric) is not sampled but made of all requests: use latency.max, or during and phase"
        case .peak(let name, let metric) where known.contains(name) && !phases.contains(name):
            return MetricNames.problem(with: metric, targets: targets, neighbours: neighbours)
        case .phase(let name, let metric), .peak(let name, let metric):
            guard phases.contains(name) else {
                return "no phase is called \"\(name)\"\(Spelling.suggestion(for: name, among: phases))"
            }
            return MetricNames.problem(with: metric, targets: targets, neighbours: neighbours)
        }
    }
}
