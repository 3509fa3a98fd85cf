import Foundation
import Glibc
import Postgres
import PostgresFixture
import TLSFixture
import Testing
import ToxicProxy

/// TLS that the proxy ends and begins around PostgreSQL's protocol, between a real libpq and a real PostgreSQL.
@Suite(.enabled(if: FixtureCluster.isAvailable), .certificates, .serialized, .timeLimit(.minutes(1)))
struct PostgresTLSTests {
    private let certificates: TestCertificates

    init() throws {
        certificates = try #require(TestCertificates.current)
    }

    private var terminate: TLSServerSettings {
        TLSServerSettings(certificate: certificates.server.certificate, key: certificates.server.key)
    }

    /// - Parameter port: of the server.
    private func withProxy(
        _ settings: TCPProxy.Settings, to port: UInt16, _ body: (TCPProxy, String) async throws -> Void
    ) async throws {
        var settings = settings
        settings.followsPostgres = true
        let proxy = TCPProxy(listen: "127.0.0.1:0", upstream: "127.0.0.1:\(port)", seed: 1, settings: settings)
        try await proxy.start()
        let own = await proxy.listen.split(separator: ":").last ?? ""
        try await body(
            proxy,
            "host=\(TestCertificates.serverName) hostaddr=127.0.0.1 port=\(own) user=postgres dbname=postgres "
                + "sslrootcert=\(certificates.ca)")
        await proxy.stop()
    }

    private func withCluster(
        _ settings: [String: String] = [:], _ body: (FixtureCluster) async throws -> Void
    ) async throws {
        let cluster = try await FixtureCluster(settings: settings)
        do {
            try await cluster.start()
            try await body(cluster)
        } catch {
            try await cluster.delete()
            throw error
        }
        try await cluster.delete()
    }

    /// PostgreSQL insists on a key that is its own.
    private var serverWithTLS: [String: String] {
        let owner = getuid() == 0 ? getpwnam("postgres").map { $0.pointee.pw_uid } : nil
        for path in [certificates.folder.path(), certificates.server.key, certificates.server.certificate] {
            if let owner { chown(path, owner, gid_t.max) }
        }
        chmod(certificates.server.key, 0o600)
        return [
            "ssl": "on", "ssl_cert_file": certificates.server.certificate, "ssl_key_file": certificates.server.key,
        ]
    }

    private func failure(_ address: String) async -> String {
        do throws(PostgresError) {
            try await PostgresSession.connect(address).close()
            return ""
        } catch {
            return error.message
        }
    }

    @Test func libpqVerifiesTheProxyAndMeetsItsToxics() async throws {
        try await withCluster { cluster in
            try await withProxy(TCPProxy.Settings(terminate: terminate), to: cluster.port) { proxy, address in
                let session = try await PostgresSession.connect(address + " sslmode=verify-full")
                let text = String(repeating: "y", count: 2_000_000)
                #expect(try await session.query("SELECT $1::text", [text])[0, 0] == text)
                await proxy.add(
                    try ToxicSpecification(
                        name: "fail", type: "postgres",
                        attributes: ["do": .text("error"), "sqlstate": .text("40001"), "statement": .text("select 5*")])
                )
                let error = await #expect(throws: PostgresError.self) { _ = try await session.query("SELECT 5") }
                #expect(error?.sqlState == "40001")
                #expect(try await session.query("SELECT 6")[0, 0] == "6")
                session.close()
                let reading = proxy.counters.reading
                #expect(reading.toxics["fail"]?.messages == 1 && reading.lastRefusal == nil)
                // The server itself has none, and is told of none.
                #expect(reading.connections == 1 && reading.truncatedStreams == 0)
            }
        }
    }

    @Test func clientsThatDoNotTrustOrDoNotEncryptAreRefused() async throws {
        try await withCluster { cluster in
            var settings = TCPProxy.Settings(terminate: terminate)
            settings.terminate?.clientCA = certificates.ca
            try await withProxy(settings, to: cluster.port) { proxy, address in
                let other = address.replacing(certificates.ca, with: certificates.otherCA) + " sslmode=verify-full"
                #expect(await failure(other).contains("certificate verify failed"))
                #expect(await failure(address + " sslmode=disable").contains("with TLS only"))
                #expect(proxy.counters.reading.lastRefusal?.contains("it begins without") == true)
                #expect(await failure(address + " sslmode=verify-full").contains("certificate required"))
                chmod(certificates.client.key, 0o600)
                let own = " sslcert=\(certificates.client.certificate) sslkey=\(certificates.client.key)"
                #expect(await failure(address + " sslmode=verify-full" + own) == "")
                #expect(proxy.counters.reading.failedClientHandshakes == 3)
                #expect(proxy.counters.reading.connections == 1)
            }
        }
    }

    @Test(arguments: [true, false]) func aServerWithTLSIsReached(_ terminates: Bool) async throws {
        try await withCluster(serverWithTLS) { cluster in
            let originate = TLSClientSettings(ca: certificates.ca, serverName: TestCertificates.serverName)
            let settings = TCPProxy.Settings(terminate: terminates ? terminate : nil, originate: originate)
            try await withProxy(settings, to: cluster.port) { proxy, address in
                let mode = terminates ? " sslmode=verify-full" : " sslmode=prefer"
                let session = try await PostgresSession.connect(address + mode)
                let rows = try await session.query(
                    "SELECT ssl, version, repeat('x', 300000) FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
                #expect(rows[0, 0] == "t" && rows[0, 1] == "TLSv1.3" && rows[0, 2]?.count == 300_000)
                await proxy.add(
                    try ToxicSpecification(
                        name: "slow", type: "postgres", attributes: ["on": .text("commit"), "delay": .number(200)]))
                _ = try await session.execute("BEGIN")
                let start = ContinuousClock.now
                _ = try await session.execute("COMMIT")
                #expect(ContinuousClock.now - start >= .milliseconds(200))
                session.close()
                #expect(proxy.counters.reading.lastRefusal == nil)
            }
            var wrong = settings
            wrong.originate?.ca = certificates.otherCA
            try await withProxy(wrong, to: cluster.port) { proxy, address in
                #expect(await failure(address + (terminates ? " sslmode=verify-full" : " sslmode=disable")) != "")
                let reason = proxy.counters.reading.lastRefusal ?? ""
                #expect(reason.contains("set ca to a file with the CA"), "\(reason)")
            }
        }
    }

    @Test func aServerWithoutTLSIsSaidToHaveNone() async throws {
        try await withCluster { cluster in
            let originate = TLSClientSettings(ca: certificates.ca, serverName: TestCertificates.serverName)
            try await withProxy(TCPProxy.Settings(originate: originate), to: cluster.port) { proxy, address in
                #expect(await failure(address + " sslmode=disable") != "")
                let reason = proxy.counters.reading.lastRefusal ?? ""
                #expect(reason.contains("the server has none; set ssl = on there"), "\(reason)")
                #expect(proxy.counters.reading.failedServerHandshakes == 1)
            }
        }
    }
}
