import Foundation
import NIOHTTP1
import TLSFixture
import Testing

/// TLS of a proxy over the HTTP interface and from the command line.
@Suite(.certificates, .timeLimit(.minutes(1))) struct ProxyTLSAPITests {
    private let certificates: TestCertificates

    init() throws {
        certificates = try #require(TestCertificates.current)
    }

    private func withServer(_ arguments: [String] = [], _ body: (RunningProxy) async throws -> Void) async throws {
        let server = try RunningProxy(arguments)
        do {
            try await body(server)
        } catch {
            server.stop()
            throw error
        }
        server.stop()
        #expect(server.status == 0)
        try FileManager.default.removeItem(at: server.folder)
    }

    private func proxy(_ tls: String, upstream: String = "127.0.0.1:9", more: String = "") -> String {
        #"{"name":"db","listen":"127.0.0.1:0","upstream":"\#(upstream)"\#(more),"tls":\#(tls)}"#
    }

    private var terminate: String {
        #""terminate":{"certificate":"\#(certificates.server.certificate)","key":"\#(certificates.server.key)"}"#
    }

    private var originate: String {
        #""originate":{"ca":"\#(certificates.ca)","server_name":"db.test"}"#
    }

    private func error(_ answer: RunningProxy.Answer) -> String { answer.fields["error"] as? String ?? "" }

    /// The object as JSON with sorted fields; empty when there is none.
    private func tls(_ answer: RunningProxy.Answer) throws -> String {
        guard let object = answer.fields["tls"] else { return "" }
        let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }

    @Test func whatIsSetIsShownAndChangesAsAWhole() async throws {
        try await withServer { server in
            let created = try await server.send(.POST, "/proxies", proxy("{\(terminate),\(originate)}"))
            #expect(created.status == 201, "\(created.body)")
            let shown =
                #"{"originate":{"ca":"\#(certificates.ca)","server_name":"db.test","verify":true},\#(terminate)}"#
            #expect(try tls(created) == shown)
            #expect(!created.body.contains("BEGIN"))
            #expect(try await server.send(.GET, "/proxies/db").body == created.body)
            let same = try await server.send(.PATCH, "/proxies/db", #"{"enabled":true}"#)
            #expect(same.body == created.body)
            let less = try await server.send(.PATCH, "/proxies/db", #"{"tls":{"originate":{"verify":false}}}"#)
            #expect(try less.status == 200 && tls(less) == #"{"originate":{"verify":false}}"#, "\(less.body)")
            #expect(less.fields["enabled"] as? Bool == true)
            let none = try await server.send(.PATCH, "/proxies/db", #"{"tls":{}}"#)
            #expect(none.status == 200 && none.fields["tls"] == nil, "\(none.body)")
        }
    }

    @Test func aMistakeIsSaidAndChangesNothing() async throws {
        let key = certificates.server.key
        let missing = certificates.path("none.pem")
        let cases = [
            (
                #"{"terminate":{"certificate":"\#(missing)","key":"\#(key)"}}"#,
                "tls.terminate: cannot read \"\(missing)\""
            ),
            (#"{"terminate":{"certificate":"\#(key)","key":"\#(key)"}}"#, "tls.terminate: cannot use \"\(key)\""),
            (#"{"terminate":{"certificate":"\#(key)"}}"#, "key is missing"),
            (#"{"terminate":{"certificate":7,"key":"\#(key)"}}"#, "tls.terminate.certificate: "),
            (#"{"terminate":"yes"}"#, "tls.terminate: "), (#"{"sideways":{}}"#, "tls: there is no field \"sideways\""),
            (#"{"originate":{"verfy":false}}"#, "tls.originate: there is no field \"verfy\"; there are ca, verify"),
            (#"{"originate":{"verify":"no"}}"#, "tls.originate.verify: "),
            (#"{"originate":{"ca":"\#(missing)"}}"#, "tls.originate: cannot read \"\(missing)\""),
            (
                #"{"originate":{"certificate":"\#(key)"}}"#,
                "tls.originate: a client certificate and its key go together"
            ),
            (#"{"originate":{"server_name":""}}"#, "tls.originate: server_name is no name"),
        ]
        try await withServer { server in
            for (tls, words) in cases {
                let created = try await server.send(.POST, "/proxies", proxy(tls))
                #expect(
                    created.status == 400 && error(created).hasPrefix("bad request body: \(words)"), "\(created.body)")
            }
            // Not even where it would not start.
            let disabled = try await server.send(.POST, "/proxies", proxy(cases[0].0, more: #","enabled":false"#))
            #expect(disabled.status == 400)
            let populated = try await server.send(.POST, "/populate", "[\(proxy(cases[0].0))]")
            #expect(populated.status == 400)
            #expect(try await server.send(.GET, "/proxies").body == "{}")
            let good = try await server.send(.POST, "/proxies", proxy("{\(terminate)}"))
            #expect(good.status == 201)
            for (tls, words) in cases {
                let changed = try await server.send(.PATCH, "/proxies/db", #"{"tls":\#(tls)}"#)
                #expect(
                    changed.status == 400 && error(changed).hasPrefix("bad request body: \(words)"), "\(changed.body)")
            }
            #expect(try await server.send(.GET, "/proxies/db").body == good.body)
        }
    }

    @Test func populateReplacesAProxyWhoseTLSDiffers() async throws {
        try await withServer { server in
            _ = try await server.send(.POST, "/populate", "[\(proxy("{\(terminate)}"))]")
            _ = try await server.send(.POST, "/proxies/db/toxics", #"{"type":"noop","name":"kept"}"#)
            _ = try await server.send(.POST, "/populate", "[\(proxy("{\(terminate)}"))]")
            #expect(try await server.send(.GET, "/proxies/db/toxics/kept").status == 200)
            let other = try await server.send(.POST, "/populate", "[\(proxy("{\(originate)}"))]")
            #expect(other.status == 201, "\(other.body)")
            let shown = try await server.send(.GET, "/proxies/db")
            #expect(try tls(shown).hasPrefix(#"{"originate":"#) && !tls(shown).contains("terminate"))
            #expect((shown.fields["toxics"] as? [Any])?.isEmpty == true)
        }
    }

    @Test func stateOutlivesTheServer() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "brink-proxy-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let state = folder.appending(path: "state.json").path
        let first = try RunningProxy(["-state", state], folder: folder)
        _ = try await first.send(.POST, "/proxies", proxy("{\(terminate),\(originate)}"))
        let before = try await first.send(.GET, "/proxies").body
        first.stop()
        let kept = try String(contentsOfFile: state, encoding: .utf8)
        #expect(kept.contains(certificates.server.key) && !kept.contains("BEGIN"))
        let second = try RunningProxy(["-state", state], folder: folder)
        #expect(try await second.send(.GET, "/proxies").body == before)
        second.stop()
        try FileManager.default.removeItem(at: folder)
    }

    /// The reason can be read where people look, and counted.
    @Test func aFailedHandshakeIsShown() async throws {
        try await withServer(["-proxy-metrics"]) { server in
            #expect(try await !server.send(.GET, "/metrics").body.contains("brink_"))
            // The server's own HTTP interface speaks no TLS.
            let upstream = "127.0.0.1:\(server.port)"
            let created = try await server.send(.POST, "/proxies", proxy("{\(originate)}", upstream: upstream))
            let listen = try #require(created.fields["listen"] as? String)
            let curl = try run("/usr/bin/curl", ["-sS", "--max-time", "5", "http://\(listen)/version"])
            #expect(curl.status != 0)
            let refused = try await server.send(.GET, "/proxies/db").fields["refused"] as? String ?? ""
            #expect(refused.hasPrefix("TLS with the server \(upstream) failed: "), "\(refused)")
            let text = try await server.send(.GET, "/metrics").body
            let line = "brink_proxy_tls_failures_total{kind=\"server_handshake\",proxy=\"db\"} 1\n"
            #expect(text.contains(line), "\(text)")
        }
    }

    @Test func theCommandCreatesIt() async throws {
        try await withServer { server in
            let options = [
                "--tls-certificate", certificates.server.certificate, "--tls-key", certificates.server.key,
                "--tls-client-ca", certificates.ca, "--upstream-tls", "--upstream-ca", certificates.ca,
                "--upstream-name", "db.test", "--upstream-unverified",
            ]
            let create = ["proxy", "create", "--host", "http://127.0.0.1:\(server.port)", "-l", "127.0.0.1:0"]
            let address = ["-u", "127.0.0.1:9", "db"]
            let brink = try RunningProxy.program.path()
            #expect(try run(brink, create + ["--protocol", "postgres"] + options + address).status == 0)
            let shown = try await server.send(.GET, "/proxies/db")
            #expect(shown.fields["protocol"] as? String == "postgres")
            let terminate =
                #"{"certificate":"\#(certificates.server.certificate)","client_ca":"\#(certificates.ca)","#
                + #""key":"\#(certificates.server.key)"}"#
            let originate = #"{"ca":"\#(certificates.ca)","server_name":"db.test","verify":false}"#
            #expect(try tls(shown) == #"{"originate":\#(originate),"terminate":\#(terminate)}"#)
            #expect(try run(brink, create + ["--tls-key", "x"] + address).status == 64)
            #expect(try run(brink, create + ["--upstream-ca", "x"] + address).status == 64)
            let missing = certificates.path("none.pem")
            let refused = try run(
                brink, create + ["--upstream-tls", "--upstream-ca", missing, "-u", "127.0.0.1:9", "x"])
            #expect(refused.status == 1 && refused.errors.contains("400") && refused.errors.contains(missing))
        }
    }

    private func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, errors: String) {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        let errors = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let data = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
