import Cgroups
import Engine
import IssuerClient
import Journal
import LinuxSystem
import Postgres
import ToxicProxy

/// A target as it was found on this host, settled before the first injection.
public struct ResolvedTarget: Sendable {
    public let id: String
    public var cgroup: Cgroup?
    /// The cgroup's inode when it was found: another cgroup of the same name is not the target.
    public var cgroupInode: UInt64?
    /// The unit whose cgroup it is, where it was named so.
    public var unit: UnitTarget?
    /// How it is started again, where it is a container of a runtime that can.
    public var container: ContainerStart?
    /// The main process, where there is one.
    public var process: ProcessIdentity?
    public var postgres: PostgresServer?
    /// How it is asked by SQL, where it is a PostgreSQL server.
    public var database: DatabaseAccess?
    /// The cluster was made for this run and goes with it, so it needs no journaled restart.
    public var isScratchCluster = false
    /// libpq settings of an ordinary role of the cluster, without where it is; nil when none is known.
    public var session: String?
    /// For a service that can be started again.
    public var start: ServiceStart?
    /// For a PgBouncer that the scenario starts.
    public var pooler: PoolerAccess?
    /// For an issuer of tokens that the scenario starts.
    public var issuer: IssuerClient?
    /// For a bookshop that remembers the tokens it accepted.
    public var tokenCache: TokenCacheAccess?
    /// How its cache is got at, where it is or has one.
    public var cache: (any CacheAccess)?
    /// For a Redis that the scenario starts.
    public var redis: RedisAccess?
    public var link: TCPProxy?
    /// The link's own pair of interfaces, where it has one.
    public var network: LinkNetwork?
    /// For a service that was started under a filter: how its system calls are tampered with.
    public var syscalls: SyscallTarget?
    /// The file system that was made for a service.
    public var volume: MappedVolume?
    public let table: ProcessTable
    /// The scenario's seed, for faults that choose at random.
    public var seed: UInt64 = 0

    public init(id: String, table: ProcessTable = ProcessTable()) {
        self.id = id
        self.table = table
    }

    /// The cgroup, still the one that was settled.
    func requireCgroup(for fault: String) throws(FaultError) -> Cgroup {
        guard let cgroup else { throw FaultError("\(fault): target \(id) has no cgroup") }
        return cgroup
    }

    /// - Throws: when the cgroup was removed or replaced since it was settled.
    func confirmCgroup() throws(FaultError) {
        guard let cgroup, let cgroupInode else { return }
        let inode: UInt64
        do throws(SystemError) {
            inode = try cgroup.inode()
        } catch {
            throw FaultError("target \(id): the cgroup \(cgroup) is gone")
        }
        guard inode == cgroupInode else {
            throw FaultError("target \(id): \(cgroup) was removed and made anew since the run began: not touched")
        }
    }

    func requireLink(for fault: String) throws(FaultError) -> TCPProxy {
        guard let link else { throw FaultError("\(fault): target \(id) is no proxied link") }
        return link
    }

    func requirePostgres(for fault: String) throws(FaultError) -> PostgresServer {
        guard let postgres else { throw FaultError("\(fault): target \(id) is no PostgreSQL cluster") }
        return postgres
    }

    func requireDatabase(for fault: String) throws(FaultError) -> DatabaseAccess {
        guard let database else { throw FaultError("\(fault): target \(id) is no PostgreSQL that can be asked by SQL") }
        return database
    }

    func requirePooler(for fault: String) throws(FaultError) -> PoolerAccess {
        guard let pooler else { throw FaultError("\(fault): target \(id) is no PgBouncer that the scenario starts") }
        return pooler
    }

    func requireIssuer(for fault: String) throws(FaultError) -> IssuerClient {
        guard let issuer else { throw FaultError("\(fault): target \(id) is no issuer that the scenario starts") }
        return issuer
    }

    func requireTokenCache(for fault: String) throws(FaultError) -> TokenCacheAccess {
        guard let tokenCache else { throw FaultError("\(fault): target \(id) is no bookshop that checks tokens") }
        return tokenCache
    }

    func requireCache(for fault: String) throws(FaultError) -> any CacheAccess {
        guard let cache else {
            throw FaultError("\(fault): target \(id) is no cache, and has none that Brink can reach")
        }
        return cache
    }

    func requireRedis(for fault: String) throws(FaultError) -> RedisAccess {
        guard let redis else { throw FaultError("\(fault): target \(id) is no Redis that the scenario starts") }
        return redis
    }

    func requireVolume(for fault: String) throws(FaultError) -> MappedVolume {
        guard let volume else {
            throw FaultError(
                "\(fault): target \(id) has no volume that Brink made: start it with postgres: {volume: 512MiB}")
        }
        return volume
    }

    /// The cgroup that what it is runs in: its own, or the one of its main process, which others may share.
    public func home(in hierarchy: CgroupHierarchy) throws -> Cgroup? {
        if let cgroup { return cgroup }
        guard let process, let path = try table.cgroup(of: process.pid) else { return nil }
        return try hierarchy.cgroup(path)
    }

    /// The main process and all below it, or all in the cgroup. Brink's own stressors there are none of the target's.
    func processes() throws(SystemError) -> [ProcessIdentity] {
        var pids: [Int32] = []
        if let process, table.isRunning(process) {
            pids = [process.pid] + (try table.descendants(of: [process.pid]))
        }
        if let cgroup { pids += try Stressor.others(in: cgroup).filter { !pids.contains($0) } }
        var found: [ProcessIdentity] = []
        for pid in pids {
            // One that ends between the listing and this look is none of the target's any more.
            if let identity = try? table.identity(of: pid), table.isRunning(identity) { found.append(identity) }
        }
        return found
    }
}
