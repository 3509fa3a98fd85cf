import Glibc
import LinuxSystem
import Redis

/// A Redis of a test's own, on a free loopback port, which keeps nothing on disk.
public final class FixtureRedis: Sendable {
    public static let program = "/usr/bin/redis-server"
    public static var isAvailable: Bool { SystemFile.exists(program) }

    public let address: String
    private let arguments: [String]
    private let processes: Processes

    /// Those that were started; one that was killed is started again as another.
    private actor Processes {
        var handles: [ProcessIdentity] = []

        func add(_ process: ProcessIdentity) { handles.append(process) }
    }

    /// Runs a body with a server and ends the server.
    public static func with<Value: Sendable>(
        _ settings: [String] = [], _ body: @Sendable (FixtureRedis) async throws -> Value
    ) async throws -> Value {
        let redis = try await FixtureRedis(settings)
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body(redis))
        } catch {
            outcome = .failure(error)
        }
        try await redis.stop()
        return try outcome.get()
    }

    private init(_ settings: [String]) async throws {
        let port = try FixtureRedis.freePort()
        address = "127.0.0.1:\(port)"
        arguments =
            ["--bind", "127.0.0.1", "--port", "\(port)", "--save", "", "--appendonly", "no", "--dir", "/tmp"] + settings
        processes = Processes()
        _ = try await start()
    }

    /// Starts it, or starts it again, and waits until it answers.
    public func start() async throws -> ProcessIdentity {
        let process = try spawn()
        await processes.add(process)
        let client = RedisClient(address: address)
        let end = MonotonicClock.now() + .seconds(10)
        while true {
            do {
                try await client.send("PING", within: .milliseconds(500))
                break
            } catch {
                guard MonotonicClock.now() < end else { throw error }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        await client.close()
        return process
    }

    public func spawn() throws -> ProcessIdentity {
        // Ends with the test's process, however that ends.
        var request = SpawnRequest(
            FixtureRedis.program, arguments, environment: [:], directory: "/", newSession: true)
        request.endsWithParent = false
        return try request.start().identity
    }

    /// The one that runs.
    public var process: ProcessIdentity {
        get async throws {
            guard let last = await processes.handles.last else { throw RedisError.unreachable(address) }
            return last
        }
    }

    public func note(_ process: ProcessIdentity) async { await processes.add(process) }

    private func stop() async throws {
        for process in await processes.handles where ProcessTable().isRunning(process) {
            let handle = try ProcessHandle(opening: process)
            try handle.send(.kill)
            _ = handle.hasEnded(within: 2000)
        }
    }

    private static func freePort() throws -> UInt16 {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(number) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let outcome = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(number, pointer, length) == 0 ? getsockname(number, pointer, &length) : -1
            }
        }
        guard outcome == 0 else { throw RedisError.unreachable("no free port: errno \(errno)") }
        return UInt16(bigEndian: address.sin_port)
    }
}
