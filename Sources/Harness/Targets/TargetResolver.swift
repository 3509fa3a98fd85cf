import Cgroups
import Engine
import Faults
import LinuxSystem
import Postgres
import Scenarios

/// Finds a scenario's targets on this host and settles the blast radius, before anything is injected.
public struct TargetResolver: Sendable {
    private let hierarchy: CgroupHierarchy
    private let table: ProcessTable
    private let protection: Protection
    private let seed: UInt64

    /// - Parameter seed: the scenario's, for faults that choose at random.
    public init(
        hierarchy: CgroupHierarchy, table: ProcessTable = ProcessTable(), protection: Protection, seed: UInt64
    ) {
        self.seed = seed
        self.hierarchy = hierarchy
        self.table = table
        self.protection = protection
    }

    /// - Parameter services: those that run for this scenario, with their links.
    /// - Throws: for a target that is not there or that must not be hit.
    public func resolve(_ target: Target, _ launcher: ServiceLauncher?) async throws -> ResolvedTarget {
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
            resolved.isScratchCluster = service.postgres != nil
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
        case .postgres(let data):
            let server = try PostgresServer(running: data, cgroupRoot: hierarchy.root, table: table)
            resolved.postgres = server
            resolved.process = try server.postmaster()
        case .tcpProxy:
            resolved.link = await launcher?.links[target.id]
        }
        if let process = resolved.process {
            try protection.check(process: process.pid)
            for pid in try table.descendants(of: [process.pid]) { try protection.check(process: pid) }
        }
        if let cgroup = resolved.cgroup {
            try protection.check(cgroup: cgroup)
            resolved.cgroupInode = try cgroup.inode()
        }
        return resolved
    }
}
