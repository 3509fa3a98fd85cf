import Cgroups
import Containers
import Engine
import Faults
import Foundation
import Journal
import LinuxSystem
import Postgres
import Scenarios

/// Finds a scenario's targets on this host and settles the blast radius, before anything is injected.
public struct TargetResolver: Sendable {
    private let hierarchy: CgroupHierarchy
    private let table: ProcessTable
    private let protection: Protection
    private let seed: UInt64
    private let containers: ContainerFinder

    /// - Parameters:
    ///   - seed: the scenario's, for faults that choose at random.
    ///   - containers: asks the container runtimes of this host.
    public init(
        hierarchy: CgroupHierarchy, table: ProcessTable = ProcessTable(), protection: Protection, seed: UInt64,
        containers: ContainerFinder = ContainerFinder()
    ) {
        self.containers = containers
        self.seed = seed
        self.hierarchy = hierarchy
        self.table = table
        self.protection = protection
    }

    /// - Parameter services: those that run for this scenario, with their links.
    /// - Throws: for a target that is not there or that must not be hit.
    public func resolve(_ target: Target, _ launcher: ServiceLauncher?) async throws -> ResolvedTarget {
        let resolved = try await find(target, launcher)
        if let process = resolved.process {
            try protection.check(process: process.pid)
            for pid in try table.descendants(of: [process.pid]) { try protection.check(process: pid) }
        }
        if let cgroup = resolved.cgroup { try protection.check(cgroup: cgroup) }
        if let unit = resolved.unit {
            try await Blocking.run { [hierarchy, table] in
                try UnitFinder(hierarchy: hierarchy, table: table).confirmUndoable(unit, target: target.id)
            }
        }
        return resolved
    }

    /// Finds it to look at, not to hit: what must not be hit can still be watched.
    public func find(_ target: Target, _ launcher: ServiceLauncher?) async throws -> ResolvedTarget {
        var resolved = ResolvedTarget(id: target.id, table: table)
        resolved.seed = seed
        switch target.kind {
        case .service(let id):
            guard let service = await launcher?.services[id] else {
                throw FaultError("target \(target.id): service \(id) does not run")
            }
            resolved.cgroup = service.cgroup
            resolved.process = service.process
            resolved.postgres = service.postgres
            resolved.syscalls = service.syscalls
            resolved.volume = service.volume
            resolved.pooler = service.pooler
            resolved.start = service.start
            // A bookshop knows its issuer too, and is none.
            if target.kinds(services: launcher?.scenario.services ?? []).contains(.issuer) {
                resolved.issuer = service.issuer
            }
            resolved.tokenCache = service.tokenCache
            resolved.cache = service.cache
            resolved.redis = service.redis
            resolved.isScratchCluster = service.postgres != nil
            if let server = service.postgres, let address = service.address {
                resolved.session = ServiceLauncher.session
                resolved.database = DatabaseAccess(
                    connection: ServiceLauncher.administration(of: address), cluster: server, isScratch: true,
                    table: table)
            }
        case .cgroup(let path):
            let cgroup = try hierarchy.cgroup(path)
            guard cgroup.exists else {
                throw FaultError("target \(target.id): there is no cgroup \(path) below \(hierarchy.root)")
            }
            resolved.cgroup = cgroup
        case .process(let pid):
            resolved.process = try table.identity(of: pid)
        case .pidFile(let path):
            let text = try SystemFile.readText(path)
            guard let pid = Int32(text.prefix { !$0.isWhitespace }) else {
                throw FaultError("target \(target.id): \(path) holds no pid but \"\(text.prefix(40))\"")
            }
            resolved.process = try table.identity(of: pid)
        case .processName(let name):
            let roots = try ProcessSearch(table: table).roots(named: name)
            guard let root = roots.first else {
                throw FaultError("target \(target.id): no process is called \(name), nor its executable")
            }
            guard roots.count == 1 else {
                let pids = roots.map { "\($0.pid)" }.joined(separator: ", ")
                throw FaultError(
                    "target \(target.id): \(roots.count) separate processes are called \(name): pids \(pids). Give "
                        + "one of them as process: PID, or its cgroup")
            }
            resolved.process = root
        case .container(let reference):
            let container = try await Blocking.run { [containers] in
                do throws(ContainerError) {
                    return try containers.find(reference)
                } catch {
                    throw FaultError("target \(target.id): \(error)")
                }
            }
            resolved.cgroup = try cgroup(of: container, reference, target)
            resolved.container = starter(of: container)
            // The first process and all below it are in the container, not all of them in a cgroup within it.
            if reference.cgroup == nil { resolved.process = try container.pid.map { try table.identity(of: $0) } }
        case .unit(let name):
            let found = try await Blocking.run { [hierarchy, table] in
                try UnitFinder(hierarchy: hierarchy, table: table).find(name, target: target.id)
            }
            resolved.unit = found.unit
            resolved.cgroup = found.cgroup
            resolved.process = found.process
        case .postgres(let data, let connection):
            let server = try PostgresServer(running: data, cgroupRoot: hierarchy.root, table: table)
            try server.refuseOtherNetwork()
            resolved.postgres = server
            resolved.process = try server.postmaster()
            // Without one, only faults that ask by SQL miss it, and they say so.
            let own = connection ?? (try? ServerObserver(server: server, table: table).connection())
            resolved.database = own.map { DatabaseAccess(connection: $0, cluster: server, table: table) }
            try await resolved.database?.confirmCluster()
        case .database(let connection):
            resolved.database = DatabaseAccess(connection: connection, table: table)
        case .redis(let address):
            resolved.cache = RedisAccess(address: address)
        case .tcpProxy:
            resolved.link = await launcher?.links[target.id]
            resolved.network = await launcher?.networks[target.id]
        }
        if let cgroup = resolved.cgroup { resolved.cgroupInode = try cgroup.inode() }
        return resolved
    }

    /// The tools of Docker and Podman take the same words. Their environment says which daemon and storage is meant; the
    /// journal holds no more of it than that.
    private func starter(of container: Container) -> ContainerStart? {
        guard [.docker, .podman].contains(container.runtime), let tool = containers.toolPath(of: container.runtime)
        else {
            return nil
        }
        let names = ["PATH", "HOME", "TMPDIR", "XDG_RUNTIME_DIR", "DOCKER_HOST", "DOCKER_CONTEXT"]
        let kept = ProcessInfo.processInfo.environment.filter {
            names.contains($0.key) || $0.key.hasPrefix("CONTAINERS_")
        }
        // Its parent, as conmon or a shim of containerd is.
        let watcher = container.pid.flatMap { try? table.status(of: $0).parent }
        let cgroup = watcher.flatMap { try? table.cgroup(of: $0) }
        return ContainerStart(
            tool: tool, id: container.id, environment: kept.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" },
            cgroupFolder: cgroup.map { "\(hierarchy.root)\($0)" })
    }

    private func cgroup(
        of container: Container, _ reference: ContainerReference, _ target: Target
    ) throws(FaultError) -> Cgroup {
        do throws(ContainerError) {
            return try ContainerCgroup(hierarchy: hierarchy, table: table).find(container, nested: reference.cgroup)
        } catch {
            throw FaultError("target \(target.id): \(error)")
        }
    }
}
