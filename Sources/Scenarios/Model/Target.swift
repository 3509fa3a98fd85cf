/// What a fault may hit. The targets of a scenario together are its blast radius.
public struct Target: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// A service that the scenario starts.
        case service(String)
        /// A cgroup below the cgroup v2 root.
        case cgroup(String)
        /// A process that runs already.
        case process(pid: Int32)
        /// The process whose pid a file holds.
        case pidFile(String)
        /// The one process tree whose root is called so: its comm or the base name of its executable.
        case processName(String)
        /// A container that runs already.
        case container(ContainerReference)
        /// A unit of systemd that runs already, by its whole name.
        case unit(String)
        /// A PostgreSQL cluster that runs already, by its data directory; Brink's own sessions there use the connection
        /// string, or the server's own user where there is none.
        case postgres(data: String, connection: String?)
        /// A PostgreSQL server that runs already, wherever it is, of which nothing but a connection string is known.
        case database(connection: String)
        /// A Redis that runs already, by its address, `host:port`.
        case redis(address: String)
        /// A proxied TCP link. `upstream` is an address or a service; port 0 listens on a free port.
        case tcpProxy(listen: String, upstream: String)
    }

    public var id: String
    public var kind: Kind

    public init(id: String, kind: Kind) {
        self.id = id
        self.kind = kind
    }

    /// What the target can be hit as.
    public func kinds(services: [Service]) -> Set<TargetKind> {
        switch kind {
        case .service(let id):
            guard let service = services.first(where: { $0.id == id }) else { return [] }
            if case .postgres(let settings) = service.kind {
                let kinds: Set<TargetKind> = [.cgroup, .process, .postgres, .database, .service]
                return settings.volume == nil ? kinds : kinds.union([.volume])
            }
            let own: Set<TargetKind> = [.cgroup, .process, .service]
            return switch service.kind {
            case .pgbouncer: own.union([.pooler])
            case .redis: own.union([.cache, .redis])
            case .issuer: own.union([.issuer])
            case .bookshop(let settings): own.union(settings.authentication ? [.cache, .tokenCache] : [.cache])
            case .postgres, .application, .command: own
            }
        case .cgroup, .unit: return [.cgroup, .process]
        case .container(let reference):
            // A cgroup within it is not the container.
            return reference.cgroup == nil ? [.cgroup, .process, .container] : [.cgroup, .process]
        case .process, .pidFile, .processName: return [.process]
        case .postgres: return [.postgres, .database, .process]
        case .database: return [.database]
        case .redis: return [.cache]
        case .tcpProxy: return [.link]
        }
    }
}
