import Cgroups
import Faults
import LinuxSystem
import Scenarios

/// A Redis that forgets everything when it ends.
extension ServiceLauncher {
    func startRedis(_ id: String, _ settings: Service.Redis, _ cgroup: Cgroup) async throws -> RunningService {
        let home = "\(folder)/\(id)"
        try SystemFile.makeFolders(home, mode: 0o700)
        let port = try FreePort.find()
        let configuration = """
            bind 127.0.0.1
            port \(port)
            dir \(home)
            daemonize no
            save ""
            appendonly no
            maxmemory \(settings.maxMemory ?? 0)
            maxmemory-policy \(settings.policy)

            """
        let file = "\(home)/redis.conf"
        try SystemFile.replace(file, Array(configuration.utf8))
        let owner = try Account.named("redis", package: "redis-server")
        try SystemFile.changeOwner(home, to: owner)
        try SystemFile.changeOwner(file, to: owner)
        let program = try Program.find("redis-server", package: "redis-server")
        let request = try request(for: id, program, [file], in: cgroup, owner: owner)
        let (process, log) = try request.start()
        let address = "127.0.0.1:\(port)"
        try await waitForListener("127.0.0.1", port, of: process, log)
        let access = RedisAccess(
            address: address, server: RedisAccess.Server(process) { try request.start().process })
        return RunningService(
            id: id, cgroup: cgroup, process: process, address: address, cache: access, redis: access, logFile: log)
    }
}
