import Foundation
import TLSFixture
import Testing
import ToxicProxy

/// Programs that people use, through the proxy's TLS: openssl(1) on either side, and curl where it is installed.
@Suite(.certificates, .serialized, .timeLimit(.minutes(1))) struct TLSToolTests {
    private let certificates: TestCertificates

    init() throws {
        certificates = try #require(TestCertificates.current)
    }

    /// What a program said, fed with a text.
    private func run(_ program: String, _ arguments: [String], _ input: String = "") async throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let (feed, output) = (Pipe(), Pipe())
        process.standardInput = feed
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        try feed.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        // openssl would wait for more after the line.
        let text = await read(output) { $0.hasSuffix("\n") && program.hasSuffix("openssl") }
        try feed.fileHandleForWriting.close()
        // SIGTERM is blocked in what a thread of the pool starts.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        return text
    }

    /// Up to the end, or to where it is enough.
    private func read(_ pipe: Pipe, until isEnough: @escaping @Sendable (String) -> Bool) async -> String {
        let handle = pipe.fileHandleForReading
        return await withCheckedContinuation { continuation in
            // Where blocking holds up no other test.
            DispatchQueue.global().async {
                var text = ""
                while !isEnough(text), case let data = handle.availableData, !data.isEmpty {
                    text += String(decoding: data, as: UTF8.self)
                }
                continuation.resume(returning: text)
            }
        }
    }

    private func clientArguments(_ address: String, _ ca: String) -> [String] {
        [
            "s_client", "-connect", address, "-CAfile", ca, "-verify_return_error", "-verify_hostname",
            TestCertificates.serverName, "-quiet",
        ]
    }

    @Test func opensslsClientReachesAPlainServer() async throws {
        let server = try await EchoServer()
        let proxy = TCPProxy(
            listen: "127.0.0.1:0", upstream: server.address, seed: 1,
            settings: TLSScene.settings(.client, certificates))
        try await proxy.start()
        let address = await proxy.listen
        #expect(
            try await run("/usr/bin/openssl", clientArguments(address, certificates.ca), "hello\n") == "hello\n")
        #expect(try await run("/usr/bin/openssl", clientArguments(address, certificates.otherCA), "hello\n") == "")
        await proxy.stop()
        try await server.stop()
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")))
    func curlReachesOpensslsServerThroughTLSOnBothSides() async throws {
        let server = Process()
        server.executableURL = URL(filePath: "/usr/bin/openssl")
        server.arguments = [
            "s_server", "-accept", "127.0.0.1:0", "-cert", certificates.server.certificate, "-key",
            certificates.server.key, "-www", "-naccept", "1",
        ]
        let output = Pipe()
        server.standardOutput = output
        server.standardError = FileHandle.nullDevice
        server.standardInput = FileHandle.nullDevice
        try server.run()
        let line = await read(output) { $0.contains("ACCEPT") && $0.hasSuffix("\n") }
        let port = try #require(line.split(separator: ":").last?.dropLast())
        let proxy = TCPProxy(
            listen: "127.0.0.1:0", upstream: "127.0.0.1:\(port)", seed: 1,
            settings: TLSScene.settings(.both, certificates))
        try await proxy.start()
        let own = await proxy.listen.split(separator: ":").last ?? ""
        let name = TestCertificates.serverName
        let page = try await run(
            "/usr/bin/curl",
            [
                "-sS", "--max-time", "5", "--cacert", certificates.ca, "--resolve", "\(name):\(own):127.0.0.1",
                "https://\(name):\(own)/",
            ])
        #expect(page.contains("s_server") && page.contains("</HTML>"), "\(page) \(proxy.counters.reading)")
        #expect(proxy.counters.reading.lastRefusal == nil)
        kill(server.processIdentifier, SIGKILL)
        server.waitUntilExit()
        await proxy.stop()
    }
}
