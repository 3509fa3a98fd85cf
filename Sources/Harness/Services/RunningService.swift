import Cgroups
import Faults
import IssuerClient
import LinuxSystem
import Postgres

/// A service that was started for the run.
public struct RunningService: Sendable {
    public let id: String
    public let cgroup: Cgroup
    public let process: ProcessIdentity
    /// Where it listens, `host:port`; nil for a command.
    public var address: String?
    /// The cluster, for a PostgreSQL service.
    public var postgres: PostgresServer?
    /// For a PgBouncer: its console.
    public var pooler: PoolerAccess?
    /// For a Redis, and for a bookshop the cache that it uses.
    public var cache: (any CacheAccess)?
    /// For a Redis.
    public var redis: RedisAccess?
    /// For a bookshop: where its GraphQL endpoint and its metrics are.
    public var endpoint: String?
    public var metricsURL: String?
    /// Where it says whether it is ready.
    public var readyURL: String?
    /// For an issuer, and for a bookshop that checks tokens: who issues them.
    public var issuer: IssuerClient?
    /// For a bookshop that checks tokens: what it remembers of them.
    public var tokenCache: TokenCacheAccess?
    /// The file system that was made for it.
    public var volume: MappedVolume?
    /// How it is started again; nil for one that is not to be.
    public var start: ServiceStart?
    /// For one that was started under a filter.
    public var syscalls: SyscallTarget?
    /// Where it writes its output.
    public let logFile: String
}
