import Spelling
import Yams

/// Checks the standbys among a scenario's services against what they follow.
struct StandbyReader {
    let reader: DocumentReader
    /// Where each service stands in the file.
    let nodes: [String: Node]

    /// What makes a server a standby; Brink writes it.
    private static let reserved = ["primary_conninfo", "primary_slot_name", "hot_standby", "recovery_target_timeline"]

    /// Without these no server can be followed ("Log-Shipping Standby Servers", Streaming Replication).
    private static let needed = [
        "wal_level": ["minimal"], "max_wal_senders": ["0"], "max_replication_slots": ["0"],
    ]

    /// A standby with less than its primary does not start ("Hot Standby", Administrator's Overview).
    private static let notLess = [
        "max_worker_processes", "max_wal_senders", "max_prepared_transactions", "max_locks_per_transaction",
    ]

    /// The services, each standby with its primary's `max_connections`.
    func settle(_ services: [Service]) -> [Service] {
        services.map { service in
            guard case .postgres(var settings) = service.kind, let name = settings.standbyOf else { return service }
            guard let primary = primary(name, of: service, among: services) else { return service }
            check(settings, of: service.id, against: primary, name)
            settings.maxConnections = root(of: name, among: services)?.maxConnections ?? primary.maxConnections
            var settled = service
            settled.kind = .postgres(settings)
            return settled
        }
    }

    private func primary(_ name: String, of service: Service, among services: [Service]) -> Service.Postgres? {
        guard let found = services.first(where: { $0.id == name }) else {
            let clusters = services.filter { isCluster($0) && $0.id != service.id }.map(\.id)
            report(
                service.id,
                "standbyOf: no service of this scenario is called \"\(name)\""
                    + Spelling.suggestion(for: name, among: clusters))
            return nil
        }
        guard case .postgres(let settings) = found.kind else {
            report(service.id, "standbyOf: \(name) is no postgres, so there is no WAL of its to stream")
            return nil
        }
        return settings
    }

    private func isCluster(_ service: Service) -> Bool {
        if case .postgres = service.kind { true } else { false }
    }

    /// The cluster that a chain of standbys begins with; nil for a circle, which is reported elsewhere.
    private func root(of name: String, among services: [Service]) -> Service.Postgres? {
        var next = name
        for _ in services {
            guard case .postgres(let settings)? = services.first(where: { $0.id == next })?.kind else { return nil }
            guard let further = settings.standbyOf else { return settings }
            next = further
        }
        return nil
    }

    private func check(_ own: Service.Postgres, of id: String, against primary: Service.Postgres, _ name: String) {
        for setting in StandbyReader.reserved where own.settings[setting] != nil {
            report(id, "\(setting) is what makes it a standby of \(name) and cannot be set here")
        }
        for (setting, values) in StandbyReader.needed.sorted(by: { $0.key < $1.key }) {
            guard let value = primary.settings[setting], values.contains(value) else { continue }
            report(id, "it cannot follow \(name), which has \(setting) \(value)")
        }
        for setting in StandbyReader.notLess {
            guard let less = own.settings[setting].flatMap({ Int($0) }),
                let more = primary.settings[setting].flatMap({ Int($0) }), less < more
            else { continue }
            report(id, "\(setting) must not be less than the \(more) of \(name), or it would not start")
        }
    }

    private func report(_ id: String, _ text: String) {
        guard let node = nodes[id] else { return }
        reader.report("standby \(id): \(text)", at: node)
    }
}
