import Spelling
import Yams

/// Reads the section `services` of a scenario.
struct ServiceReader {
    let reader: DocumentReader

    func read(_ node: Node) -> [Service] {
        let given = reader.named(node, "services")
        let found: [Service] = given.compactMap { id, value in
            let keys = ["postgres", "pgbouncer", "redis", "bookshop", "issuer", "command", "cgroup"]
            guard let entries = reader.mapping(value, "service \(id)", keys: keys) else { return nil }
            let kinds = keys.dropLast().filter { entries[$0] != nil }
            guard kinds.count == 1, let name = kinds.first, let body = entries[name] else {
                reader.report(
                    "service \(id) must be exactly one of \(keys.dropLast().joined(separator: ", "))", at: value)
                return nil
            }
            guard let kind = serviceKind(name, body) else { return nil }
            // What presses on the service is not to press on its issuer.
            let standard = [
                "postgres": "postgres", "pgbouncer": "pool", "redis": "cache", "bookshop": "app", "issuer": "issuer",
                "command": "app",
            ][name]
            var service = Service(id: id, cgroup: standard ?? "app", kind: kind)
            // What presses on a primary's cgroup is not to press on its standby.
            if service.primary != nil { service.cgroup = "standby" }
            if let own = entries["cgroup"].flatMap({ reader.identifier($0, "cgroup") }) { service.cgroup = own }
            return service
        }
        return StandbyReader(reader: reader, nodes: Dictionary(given) { first, _ in first }).settle(found)
    }

    private func serviceKind(_ name: String, _ node: Node) -> Service.Kind? {
        switch name {
        case "postgres": postgres(node)
        case "pgbouncer": pgbouncer(node)
        case "redis": redis(node)
        case "bookshop": bookshop(node)
        case "issuer": issuer(node)
        default: command(node)
        }
    }

    private func postgres(_ node: Node) -> Service.Kind? {
        let ofPrimaries = ["maxConnections", "roleConnections", "databaseConnections", "walVolume"]
        let keys = ofPrimaries + ["volume", "settings", "standbyOf"]
        guard let entries = reader.mapping(node, "postgres", keys: keys) else { return nil }
        for key in ofPrimaries where entries["standbyOf"] != nil {
            if let node = entries[key] {
                let reason = key == "walVolume" ? "has its WAL with its data" : "has the \(key) of its primary"
                reader.report("a standby \(reason): leave it out", at: node)
            }
        }
        return .postgres(
            Service.Postgres(
                maxConnections: entries.integer("maxConnections", within: 5...5000, default: 100),
                volume: entries.optionalBytes("volume", within: 128 << 20...1 << 40),
                walVolume: entries.optionalBytes("walVolume", within: 128 << 20...1 << 40),
                settings: entries["settings"].map(serverSettings) ?? [:],
                roleConnections: entries.optionalInteger("roleConnections", within: 1...5000),
                databaseConnections: entries.optionalInteger("databaseConnections", within: 1...5000),
                standbyOf: entries.text("standbyOf")))
    }

    private func pgbouncer(_ node: Node) -> Service.Kind? {
        guard
            let entries = reader.mapping(
                node, "pgbouncer", keys: ["upstream", "poolSize"], required: ["upstream"])
        else { return nil }
        return .pgbouncer(
            Service.PgBouncer(
                upstream: entries.text("upstream") ?? "",
                poolSize: entries.integer("poolSize", within: 1...5000, default: 10)))
    }

    private func redis(_ node: Node) -> Service.Kind? {
        guard let entries = reader.mapping(node, "redis", keys: ["maxMemory", "policy"]) else { return nil }
        let policy = entries.text("policy") ?? "allkeys-lru"
        if !Service.Redis.policies.contains(policy) {
            let hint = Spelling.suggestion(for: policy, among: Service.Redis.policies)
            reader.report(
                "policy must be one of \(Service.Redis.policies.joined(separator: ", "))\(hint)",
                at: entries["policy"] ?? node)
        }
        return .redis(
            Service.Redis(
                maxMemory: entries.optionalBytes("maxMemory", within: 1 << 20...1 << 40), policy: policy))
    }

    private func bookshop(_ node: Node) -> Service.Kind? {
        let keys = [
            "database", "poolSize", "poolQueue", "checkoutTimeout", "statementTimeout", "cacheTTL", "cacheIn",
            "cacheTimeout",
            "cacheStale", "authentication", "issuer", "jwksInterval", "weaknesses",
        ]
        guard let entries = reader.mapping(node, "bookshop", keys: keys, required: ["database"]) else {
            return nil
        }
        let names = entries.texts("weaknesses")
        for weakness in names where !Weakness.names.contains(weakness) {
            let hint = Spelling.suggestion(for: weakness, among: Weakness.names)
            reader.report("bookshop has no weakness \"\(weakness)\"\(hint)", at: entries["weaknesses"] ?? node)
        }
        if !entries.flag("authentication", default: true) {
            for key in ["issuer", "jwksInterval"] {
                if let node = entries[key] {
                    reader.report("\(key) is of no use without authentication: leave out one of the two", at: node)
                }
            }
        }
        return .bookshop(
            Service.Bookshop(
                databases: databases(of: entries),
                poolSize: entries.integer("poolSize", within: 1...5000, default: 10),
                checkoutTimeout: entries.duration(
                    "checkoutTimeout", within: .milliseconds(1)...(.seconds(600)), default: .seconds(2)),
                poolQueue: entries.integer("poolQueue", within: 0...1_000_000, default: 500),
                statementTimeout: entries.duration(
                    "statementTimeout", within: .milliseconds(1)...(.seconds(600)), default: .seconds(5)),
                cacheTTL: entries.duration("cacheTTL", within: .zero...(.seconds(86400)), default: .seconds(1)),
                cacheIn: cachePlace(entries.text("cacheIn") ?? "memory"),
                cacheTimeout: entries.duration(
                    "cacheTimeout", within: .milliseconds(1)...(.seconds(60)), default: .milliseconds(100)),
                cacheStale: entries.duration("cacheStale", within: .zero...(.seconds(3600)), default: .zero),
                authentication: entries.flag("authentication", default: true), issuer: entries.text("issuer"),
                jwksInterval: entries.duration(
                    "jwksInterval", within: .milliseconds(100)...(.seconds(3600)), default: .seconds(5)),
                weaknesses: names))
    }

    private func issuer(_ node: Node) -> Service.Kind? {
        guard let entries = reader.mapping(node, "issuer", keys: ["tokenLife"]) else { return nil }
        return .issuer(
            Service.Issuer(
                tokenLife: entries.duration(
                    "tokenLife", within: .milliseconds(500)...(.seconds(86400)), default: .seconds(300))))
    }

    private func cachePlace(_ text: String) -> Service.CachePlace {
        switch text {
        case "memory": .memory
        case "table": .table
        default: .redis(text)
        }
    }

    private func command(_ node: Node) -> Service.Kind? {
        guard
            let entries = reader.mapping(
                node, "command", keys: ["path", "arguments", "readyURL"], required: ["path"])
        else { return nil }
        if let path = entries["path"], path.string?.hasPrefix("/") != true {
            reader.report("path must be absolute: no shell and no PATH is used", at: path)
        }
        return .command(
            Service.Command(
                path: entries.text("path") ?? "", arguments: entries.texts("arguments"),
                readyURL: entries.text("readyURL")))
    }

    /// One, or several that a service fails over between.
    private func databases(of entries: Entries) -> [String] {
        guard let node = entries["database"], case .sequence = node else {
            return entries.text("database").map { [$0] } ?? []
        }
        let names = entries.texts("database")
        if names.isEmpty { reader.report("database must name at least one service or link", at: node) }
        if Set(names).count < names.count { reader.report("database names one of its servers twice", at: node) }
        for name in names where name.contains("=") {
            reader.report("database: a connection string cannot be one of several: name services or links", at: node)
        }
        return names
    }

    /// Lines of postgresql.conf for a scratch cluster.
    private func serverSettings(_ node: Node) -> [String: String] {
        var settings: [String: String] = [:]
        for (name, value) in reader.named(node, "settings") {
            guard let text = value.string, !text.contains("\n") else {
                reader.report("the setting \(name) must be one line of text", at: value)
                continue
            }
            if let owner = Service.Postgres.reserved[name] {
                reader.report("\(name) is \(owner) and cannot be set here", at: value)
            }
            settings[name] = text
        }
        return settings
    }
}
