import Cgroups
import Engine
import LinuxSystem
import Postgres
import Scenarios

/// Scratch clusters and their standbys.
extension ServiceLauncher {
    func startPostgres(
        _ id: String, _ settings: Service.Postgres, _ cgroup: Cgroup
    ) async throws -> RunningService {
        if let primary = settings.standbyOf { return try await startStandby(id, of: primary, settings, cgroup) }
        let cluster = try scratchCluster(for: id, settings)
        let server = try await Blocking.run {
            try cluster.create()
            return try cluster.start(cgroup: cgroup.folder)
        }
        let session = try await PostgresSession.connect(cluster.connection())
        let name = ServiceLauncher.database
        // Standbys that a commit would wait for come after this.
        _ = try await session.query("SET synchronous_commit = local")
        // A role without rights beyond its own database: a superuser would not feel exhausted connections.
        _ = try await session.query("CREATE ROLE \(name) LOGIN")
        _ = try await session.query("CREATE DATABASE \(name) OWNER \(name)")
        session.close()
        return RunningService(
            id: id, cgroup: cgroup, process: try server.postmaster(), address: "127.0.0.1:\(cluster.port)",
            postgres: server, volume: volumes[id], logFile: cluster.logFile)
    }

    /// Copies the primary as it runs, with its roles and databases, and waits until it is followed.
    func startStandby(
        _ id: String, of primary: String, _ settings: Service.Postgres, _ cgroup: Cgroup
    ) async throws -> RunningService {
        guard let port = try await address(of: primary).split(separator: ":").last.flatMap({ Int($0) }) else {
            throw HarnessError(.preflight, "service \(id): \(primary) has no port to stream from")
        }
        let cluster = try scratchCluster(for: id, settings)
        let server = try await Blocking.run {
            try cluster.createStandby(ofPort: port, name: id)
            return try cluster.start(cgroup: cgroup.folder)
        }
        let session = try await PostgresSession.connect(cluster.connection())
        defer { session.close() }
        let process = try server.postmaster()
        try await wait(for: "\(id) to stream from \(primary)", of: process, cluster.logFile) {
            (try? await StandbyStatus(asking: session).isStreaming) ?? false
        }
        return RunningService(
            id: id, cgroup: cgroup, process: process, address: "127.0.0.1:\(cluster.port)", postgres: server,
            volume: volumes[id], logFile: cluster.logFile)
    }

    func scratchCluster(for id: String, _ settings: Service.Postgres) throws -> ScratchCluster {
        let owner = try Account.named("postgres")
        let home = "\(folder)/\(id)"
        try SystemFile.makeFolders(home, mode: 0o700)
        try SystemFile.changeOwner(home, to: owner)
        var cluster = try ScratchCluster(
            folder: home, port: try FreePort.find(), maxConnections: settings.maxConnections,
            settings: settings.settings, owner: owner,
            // What it says of a volume that fails must not be lost on that volume.
            logFile: volumes[id].map { _ in "\(folder)/\(id).log" })
        cluster.confinement = try confinement(of: id)
        return cluster
    }
}
