import Foundation

/// Certificates and keys of a test's own, made with openssl(1) in a temporary folder that goes with the object.
public final class TestCertificates: Sendable {
    public struct Failure: Error {
        public let reason: String
    }

    /// The name and, as IP address, 127.0.0.1 are in the server's certificates.
    public static let serverName = "db.test"

    /// Those of the running suite, see ``TestCertificatesTrait``.
    @TaskLocal public static var current: TestCertificates?

    public let folder: URL
    /// The CA that signed `server`, `expired` and `client`, and one that signed `stranger`.
    public var ca: String { path("ca.pem") }
    public var otherCA: String { path("other-ca.pem") }

    /// A certificate and its key.
    public struct Identity: Sendable {
        public let certificate: String
        public let key: String
    }

    public var server: Identity { identity("server") }
    /// Ran out yesterday; else as `server`.
    public var expired: Identity { identity("expired") }
    public var client: Identity { identity("client") }
    /// A client's, from the other CA.
    public var stranger: Identity { identity("stranger") }

    public init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "brink-tls-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in ["ca", "other-ca"] {
            try await openssl(
                ["req", "-x509"] + newKey(name) + ["-out", path("\(name).pem"), "-days", "2", "-subj", "/CN=\(name)"])
        }
        let names = "subjectAltName=DNS:\(TestCertificates.serverName),IP:127.0.0.1"
        try await sign("server", by: "ca", days: 2, names)
        try await sign("expired", by: "ca", days: -1, names)
        try await sign("client", by: "ca", days: 2, "subjectAltName=DNS:client.test")
        try await sign("stranger", by: "other-ca", days: 2, "subjectAltName=DNS:client.test")
    }

    deinit {
        do { try FileManager.default.removeItem(at: folder) } catch { print("\(folder.path()): \(error)") }
    }

    public func path(_ name: String) -> String { folder.appending(path: name).path() }

    /// A file with these words, for tests of what is no certificate.
    public func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: path(name)))
        return path(name)
    }

    private func identity(_ name: String) -> Identity {
        Identity(certificate: path("\(name).pem"), key: path("\(name).key"))
    }

    /// Keys on a curve are made in no time.
    private func newKey(_ name: String) -> [String] {
        [
            "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path("\(name).key"),
        ]
    }

    private func sign(_ name: String, by ca: String, days: Int, _ extensions: String) async throws {
        let request = path("\(name).csr")
        // PostgreSQL takes a client's common name for its user.
        try await openssl(
            ["req", "-new"] + newKey(name) + ["-out", request, "-subj", "/CN=postgres", "-addext", extensions])
        try await openssl([
            "x509", "-req", "-in", request, "-CA", path("\(ca).pem"), "-CAkey", path("\(ca).key"), "-days", "\(days)",
            "-copy_extensions", "copy", "-out", path("\(name).pem"),
        ])
    }

    public func openssl(_ arguments: [String]) async throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        // Other tests go on meanwhile.
        while process.isRunning { try await Task.sleep(for: .milliseconds(2)) }
        guard process.terminationStatus == 0 else {
            throw Failure(reason: "openssl \(arguments.first ?? "") ended with \(process.terminationStatus)")
        }
    }
}
