/// A program that Brink starts for a scenario, in a cgroup of its own, and ends afterwards.
public struct Service: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// A scratch PostgreSQL cluster, made for the run and deleted after it.
        case postgres(Postgres)
        /// PgBouncer in front of another service or link.
        case pgbouncer(PgBouncer)
        /// A Redis that keeps nothing on disk.
        case redis(Redis)
        /// The reference service.
        case bookshop(Bookshop)
        /// Issues the tokens that bookshop checks.
        case issuer(Issuer)
        /// A service of one's own, as a profile describes it.
        case application(Application)
        /// Any other program, with an argument array.
        case command(Command)
    }

    public struct Postgres: Hashable, Sendable {
        /// `max_connections` of the cluster; a standby has its primary's.
        public var maxConnections: Int
        /// Size in bytes of a file system of its own that the cluster lies on; nil puts it into the run's scratch folder.
        public var volume: UInt64?
        /// The same for its WAL alone (`pg_wal`); nil leaves that in the data directory.
        public var walVolume: UInt64?
        /// Lines of postgresql.conf, by name.
        public var settings: [String: String] = [:]
        /// CONNECTION LIMIT of the role that services connect as (ALTER ROLE), and of their database (ALTER DATABASE); nil
        /// for none.
        public var roleConnections: Int?
        public var databaseConnections: Int?
        /// The service whose WAL it streams and replays; nil for a cluster that is written to.
        public var standbyOf: String?

        /// Settings that Brink itself needs, and what for.
        static let reserved = [
            "listen_addresses": "how Brink finds the server", "port": "how Brink finds the server",
            "unix_socket_directories": "how Brink finds the server", "max_connections": "written as maxConnections",
            "log_line_prefix": "how Brink reads the server's log", "log_timezone": "how Brink reads the server's log",
            "cluster_name": "how Brink tells processes apart",
            "data_directory": "the run's own", "external_pid_file": "the run's own",
            "hba_file": "the run's own", "include": "no setting", "include_dir": "no setting",
            "include_if_exists": "no setting",
        ]
    }

    public struct PgBouncer: Hashable, Sendable {
        /// A service or link target.
        public var upstream: String
        /// `default_pool_size`.
        public var poolSize: Int
    }

    public struct Redis: Hashable, Sendable {
        /// `maxmemory` in bytes; nil for no bound.
        public var maxMemory: UInt64?
        /// `maxmemory-policy`.
        public var policy: String

        public static let policies = [
            "noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu",
            "volatile-random", "volatile-ttl",
        ]
    }

    /// Where a bookshop keeps the answers that it gives again.
    public enum CachePlace: Hashable, Sendable {
        case memory
        /// An UNLOGGED table of its database.
        case table
        /// A Redis: a service, a link or an address.
        case redis(String)
    }

    public struct Bookshop: Hashable, Sendable {
        /// Services or link targets. Of several, it connects to the first that takes writes, as after a failover.
        public var databases: [String]
        public var poolSize: Int
        public var checkoutTimeout: Duration
        /// The most requests that wait for a connection.
        public var poolQueue: Int
        /// The longest time that one statement may take, and making a connection.
        public var statementTimeout: Duration
        public var cacheTTL: Duration
        public var cacheIn = CachePlace.memory
        /// How long one access to the cache may take before the database is asked.
        public var cacheTimeout = Duration.milliseconds(100)
        /// How long after its expiry an answer is given when the database cannot be asked.
        public var cacheStale = Duration.zero
        /// Whether requests carry tokens that bookshop checks.
        public var authentication: Bool
        /// An issuer service, or a link that leads to one; nil starts one for this service alone.
        public var issuer: String?
        /// How long it leaves the issuer alone after a fetch of its keys.
        public var jwksInterval: Duration
        public var weaknesses: [String]
    }

    public struct Issuer: Hashable, Sendable {
        /// How long its tokens are valid.
        public var tokenLife: Duration
    }

    public struct Application: Hashable, Sendable {
        public var program: TargetProfile.Program
        /// Of the profile.
        public var name: String
        /// Services or link targets, as of a bookshop.
        public var databases: [String]
        public var poolSize: Int
        public var checkoutTimeout: Duration
        public var statementTimeout: Duration
        public var cacheTTL: Duration
        /// As which its sessions are known to PostgreSQL.
        public var applicationName: String
        /// Path of the endpoint that takes the load.
        public var endpoint: String
    }

    public struct Command: Hashable, Sendable {
        public var path: String
        public var arguments: [String]
        /// Answers with a 2xx status once the program is ready; nil when it is ready at once.
        public var readyURL: String?
    }

    /// Whether it can be ended and started again as it is: a cluster and a Redis have faults of their own for that, and an
    /// issuer would forget its keys.
    public var isRestartable: Bool {
        switch kind {
        case .application, .bookshop, .pgbouncer, .command: true
        case .postgres, .issuer, .redis: false
        }
    }

    public var id: String
    /// Below `brink.slice`.
    public var cgroup: String
    public var kind: Kind

    /// The file systems of its own that it wants, each with a name of its own and a size in bytes.
    public var volumes: [(name: String, bytes: UInt64)] {
        guard case .postgres(let settings) = kind else { return [] }
        return [(id, settings.volume), (Service.walVolume(of: id), settings.walVolume)].compactMap { name, bytes in
            bytes.map { (name, $0) }
        }
    }

    /// No service can be called so.
    public static func walVolume(of id: String) -> String { "\(id)+wal" }

    /// The service that it is a standby of; nil for everything else.
    public var primary: String? {
        if case .postgres(let settings) = kind { settings.standbyOf } else { nil }
    }
}
