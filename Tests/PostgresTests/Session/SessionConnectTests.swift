import Foundation
import Glibc
import Postgres
import PostgresFixture
import Testing

@Suite struct SessionConnectTests {
    private func failure(
        _ connectionString: String, timeout: Duration = .seconds(3)
    ) async -> PostgresError? {
        do throws(PostgresError) {
            let session = try await PostgresSession.connect(
                connectionString, options: PostgresSessionOptions(connectTimeout: timeout))
            session.close()
            return nil
        } catch {
            return error
        }
    }

    @Test func nobodyListens() async {
        let error = await failure("host=127.0.0.1 port=1 user=nobody")
        #expect(error?.kind == .connectionRefused)
    }

    @Test func theSocketDoesNotExist() async {
        let error = await failure("host=/nonexistent user=nobody")
        #expect(error?.kind == .connectionRefused)
    }

    @Test(arguments: [
        "hunter2", "host=127.0.0.1 hunter2", "postgresql://u:hunter2@h:p:x/?nope=hunter2", "user='hunter2",
    ])
    func aMalformedStringIsNotRepeated(_ text: String) async {
        let error = await failure(text)
        #expect(error?.kind == .invalidConnectionString)
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test func theTimeoutHoldsAgainstASilentServer() async throws {
        let silent = try SilentServer()
        let started = ContinuousClock.now
        let error = await failure(
            "host=127.0.0.1 port=\(silent.port) user=nobody password=hunter2", timeout: .milliseconds(300))
        #expect(error?.kind == .timeout)
        #expect(started.duration(to: .now) < .seconds(2))
        #expect(error.map { "\($0)".contains("hunter2") } == false)
    }

    @Test func cancellationHoldsAgainstASilentServer() async throws {
        let silent = try SilentServer()
        let task = Task { await failure("host=127.0.0.1 port=\(silent.port) user=nobody", timeout: .seconds(30)) }
        try await Task.sleep(for: .milliseconds(200))
        task.cancel()
        #expect(await task.value?.kind == .cancelled)
    }

    @Test(.enabled(if: FixtureCluster.isAvailable))
    func refusalsCarryTheSQLState() async throws {
        let cluster = try await FixtureCluster(settings: [
            "max_connections": "5", "superuser_reserved_connections": "0", "max_wal_senders": "0",
        ])
        try await cluster.start()
        let unknown = await failure("host=127.0.0.1 port=\(cluster.port) user=postgres dbname=missing")
        #expect(unknown?.kind == .server("3D000"))
        #expect(unknown?.message == "database \"missing\" does not exist")

        var sessions: [PostgresSession] = []
        for _ in 0..<5 { sessions.append(try await PostgresSession.connect(cluster.connectionString)) }
        let full = await failure(cluster.connectionString)
        #expect(full?.kind == .server("53300"))
        for session in sessions { session.close() }
        try await cluster.delete()
    }
}

/// Accepts connections into its backlog and never says a word.
private final class SilentServer: Sendable {
    let port: UInt16
    private let descriptor: Int32

    struct Failure: Error {}

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let listens = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && listen(descriptor, 8) == 0
                    && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard listens else { throw Failure() }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit {
        close(descriptor)
    }
}
