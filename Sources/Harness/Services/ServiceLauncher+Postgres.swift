import Cgroups
import Engine
import Faults
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
        let template = try clusterTemplate()
        let isFlushed = volumes[id] != nil
        let isCopy = try await Blocking.run { try cluster.create(from: template, isFlushed: isFlushed) }
        if !isCopy { try await fill(cluster, keepAs: template, cgroup) }
        if let volume = volumes[Service.walVolume(of: id)] {
            try await Blocking.run { try cluster.moveWAL(to: volume.mountPoint, isFlushed: isFlushed) }
        }
        let server = try await Blocking.run { try cluster.start(cgroup: cgroup.folder) }
        try await limitConnections(to: cluster, settings)
        return RunningService(
            id: id, cgroup: cgroup, process: try server.postmaster(), address: "127.0.0.1:\(cluster.port)",
            postgres: server, volume: volumes[id], logFile: cluster.logFile)
    }

    /// Superusers, Brink's observers among them, are exempt from both.
    private func limitConnections(to cluster: ScratchCluster, _ settings: Service.Postgres) async throws {
        let limits = [("ROLE", settings.roleConnections), ("DATABASE", settings.databaseConnections)]
        guard limits.contains(where: { $0.1 != nil }) else { return }
        let session = try await PostgresSession.connect(cluster.connection())
        defer { session.close() }
        try await session.execute("SET synchronous_commit = local")
        for (what, limit) in limits {
            guard let limit else { continue }
            try await session.execute("ALTER \(what) \(ServiceLauncher.database) CONNECTION LIMIT \(limit)")
        }
    }

    /// What all clusters of this installation are copied from, once one of them was made.
    private func clusterTemplate() throws(HarnessError) -> ClusterTemplate {
        do {
            let server = "\(try PostgresInstallation.newest().binaries)/postgres"
            return try ClusterTemplate(
                in: templates, name: "shop", makers: [server, try ProgramFolder.path(of: "bookshop")])
        } catch {
            throw HarnessError(.preflight, "a template for PostgreSQL clusters: \(error)")
        }
    }

    /// Gives a new cluster what every service finds in it, and keeps it for clusters to come.
    private func fill(_ made: ScratchCluster, keepAs template: ClusterTemplate, _ cgroup: Cgroup) async throws {
        var cluster = made
        // No fault is meant for this, and a standby that a commit would wait for comes later.
        cluster.confinement = nil
        let plain = cluster
        let server = try await Blocking.run { try plain.start(cgroup: cgroup.folder) }
        let session = try await PostgresSession.connect(cluster.connection())
        defer { session.close() }
        let name = ServiceLauncher.database
        _ = try await session.query("SET synchronous_commit = local")
        // A role without rights beyond its own database: a superuser would not feel exhausted connections.
        _ = try await session.query("CREATE ROLE \(name) LOGIN")
        _ = try await session.query("CREATE DATABASE \(name) OWNER \(name)")
        let address =
            "host=127.0.0.1 port=\(cluster.port) \(ServiceLauncher.session) options='-c synchronous_commit=local'"
        let (process, log) = try launch(
            "migrate", try ProgramFolder.path(of: "bookshop"), ["migrate"], in: cgroup,
            environment: ["BOOKSHOP_DATABASE": address])
        try await waitForEnd(of: process, log)
        let proof = try await PostgresSession.connect(cluster.connection(database: name))
        defer { proof.close() }
        let books = try await proof.query("SELECT count(*) FROM bookshop.books")[0, 0]
        guard let books, books != "0" else {
            throw HarnessError(.preflight, "the shop's tables are empty: \(lastLine(of: log))")
        }
        try await Blocking.run {
            try server.stop(.fast, within: .seconds(30))
            try plain.keep(as: template)
        }
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
