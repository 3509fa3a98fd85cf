/// What a scenario has to do with the world outside of it.
extension Scenario {
    /// What each service and each link connects to: services, links, or addresses.
    static func references(of services: [Service], _ targets: [Target]) -> [String: [String]] {
        var found: [String: [String]] = [:]
        for service in services {
            switch service.kind {
            case .pgbouncer(let pool): found[service.id] = [pool.upstream]
            case .bookshop(let bookshop):
                found[service.id] = bookshop.databases + (bookshop.issuer.map { [$0] } ?? [])
                if case .redis(let reference) = bookshop.cacheIn { found[service.id]?.append(reference) }
            case .postgres(let settings): found[service.id] = settings.standbyOf.map { [$0] } ?? []
            case .application(let settings): found[service.id] = settings.databases
            case .command, .issuer, .redis: break
            }
        }
        for target in targets {
            if case .tcpProxy(_, let upstream) = target.kind { found[target.id] = [upstream] }
        }
        return found
    }

    /// Whether it connects to nothing but what it starts itself, so that it can run where there is no other network. What a
    /// command or an application of one's own connects to nobody knows.
    public var isSelfContained: Bool {
        let own = Set(services.map(\.id)).union(targets.map(\.id))
        var listeners: [String] = []
        for target in targets {
            switch target.kind {
            case .service: break
            // Where others than the run's own may be let in, they are.
            case .tcpProxy(let listen, _) where listen.hasPrefix("127."): listeners.append(listen)
            default: return false
            }
        }
        for service in services {
            switch service.kind {
            case .application, .command: return false
            case .postgres, .pgbouncer, .redis, .bookshop, .issuer: break
            }
        }
        var reached = Scenario.references(of: services, targets).values.flatMap { $0 }
        if let through = dataSafety?.through { reached.append(through) }
        switch load?.destination {
        case .http(.service), nil: break
        case .http(let endpoint): guard listeners.contains(where: endpoint.enters) else { return false }
        case .sql(let reference): reached.append(reference)
        }
        return reached.allSatisfy(own.contains) && neighbours.isEmpty && alerts.prometheus == nil
    }
}
