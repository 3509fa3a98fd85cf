import Cgroups
import Glibc
import LinuxSystem
import PlainHTTP
import Postgres

/// A PostgreSQL cluster and a bookshop on it, made for the benchmark.
struct Shop {
    let service: ProcessIdentity
    /// The service's own; nil where the host has no controllers.
    let cgroup: Cgroup?
    private let port: Int
    private let server: PostgresServer

    func url(_ path: String) -> String { "http://127.0.0.1:\(port)/\(path)" }

    /// Starts both and waits until the shop answers.
    static func start(in place: String, below outer: Cgroup?) async throws -> Shop {
        guard let entry = getpwnam("postgres") else {
            throw BenchError("there is no user postgres: run scripts/prepare")
        }
        let owner = SpawnRequest.Owner(user: entry.pointee.pw_uid, group: entry.pointee.pw_gid)
        let home = "\(place)/postgres"
        try SystemFile.makeFolders(home)
        try SystemFile.changeOwner(home, to: owner)
        let cluster = try ScratchCluster(folder: home, port: try freePort(), maxConnections: 50, owner: owner)
        try cluster.create()
        let server = try cluster.start(cgroup: nil)
        let log = try OwnedDescriptor.open("\(place)/bookshop.log", O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
        let environment = ["PATH": "/usr/bin:/bin", "BOOKSHOP_DATABASE": cluster.connection()]
        let program = try BrinkRun.program("bookshop")
        let migration = try SpawnRequest(
            program, ["migrate"], environment: environment, standardOutput: log.number, standardError: log.number
        ).start()
        guard migration.hasEnded(within: 120_000), try migration.reap() == 0 else {
            throw BenchError("bookshop migrate failed; see \(place)/bookshop.log")
        }
        let cgroup = outer?.child("shop")
        try cgroup?.create()
        let port = try freePort()
        let service = try SpawnRequest(
            program, ["serve", "--no-auth", "--port", String(port)], environment: environment,
            cgroup: cgroup?.folder, newSession: true, standardOutput: log.number, standardError: log.number
        ).start()
        let shop = Shop(service: service.identity, cgroup: cgroup, port: port, server: server)
        let end = MonotonicClock.now() + .seconds(60)
        while await !shop.isReady() {
            guard MonotonicClock.now() < end, !service.hasEnded() else {
                throw BenchError("bookshop serve does not answer; see \(place)/bookshop.log")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        return shop
    }

    func stop() throws {
        let handle = try ProcessHandle(opening: service)
        try handle.send(.terminate)
        if !handle.hasEnded(within: 10_000) { try handle.send(.kill) }
        _ = handle.hasEnded(within: 10_000)
        _ = try handle.reap()
        try server.stop(.fast, within: .seconds(30))
    }

    private func isReady() async -> Bool {
        let answer = try? await PlainHTTPClient().send(.GET, url("ready"), within: .seconds(2))
        return answer?.status == 200
    }

    /// A port that nobody listens on now.
    private static func freePort() throws -> Int {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw BenchError("no socket: errno \(errno)") }
        let descriptor = OwnedDescriptor(owning: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        var length = size
        let outcome = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor.number, pointer, size) == 0 ? getsockname(descriptor.number, pointer, &length) : -1
            }
        }
        guard outcome == 0 else { throw BenchError("no free port: errno \(errno)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
