import Cgroups
import Faults
import LinuxSystem
import Scenarios

/// PgBouncer in front of a server or link.
extension ServiceLauncher {
    func startPgBouncer(
        _ id: String, _ settings: Service.PgBouncer, _ cgroup: Cgroup
    ) async throws -> RunningService {
        let upstream = try await address(of: settings.upstream).split(separator: ":")
        let owner = try Account.named("postgres")
        let home = "\(folder)/\(id)"
        try SystemFile.makeFolders(home, mode: 0o700)
        try SystemFile.changeOwner(home, to: owner)
        let port = try FreePort.find()
        let name = ServiceLauncher.database
        let configuration = """
            [databases]
            \(name) = host=\(upstream.first ?? "") port=\(upstream.last ?? "") dbname=\(name) user=\(name)
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = \(port)
            unix_socket_dir =
            auth_type = any
            admin_users = postgres
            stats_users = postgres
            pool_mode = transaction
            default_pool_size = \(settings.poolSize)
            max_client_conn = 2000
            server_login_retry = 1
            server_connect_timeout = 3
            query_wait_timeout = 10

            """
        let file = "\(home)/pgbouncer.ini"
        try SystemFile.replace(file, Array(configuration.utf8))
        try SystemFile.changeOwner(file, to: owner)
        let program = try Program.find("pgbouncer", package: "pgbouncer")
        let (process, log) = try launch(id, program, [file], in: cgroup, owner: owner)
        try await waitForListener("127.0.0.1", port, of: process, log)
        let console = PoolerAccess(
            connection: "host=127.0.0.1 port=\(port) user=postgres dbname=pgbouncer", configuration: file,
            process: process)
        return RunningService(
            id: id, cgroup: cgroup, process: process, address: "127.0.0.1:\(port)", pooler: console, logFile: log)
    }
}
