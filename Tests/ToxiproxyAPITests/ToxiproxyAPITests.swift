import Foundation
import NIOCore
import NIOHTTP1
import Testing

/// `brink proxy` as clients of toxiproxy see it.
@Suite(.timeLimit(.minutes(1))) struct ToxiproxyAPITests {
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

    private let proxy = #"{"name":"db","listen":"127.0.0.1:0","upstream":"127.0.0.1:9"}"#

    @Test func everyRouteHasItsStatusAndBody() async throws {
        try await withServer { server in
            #expect(try await server.send(.GET, "/version").fields["version"] as? String == "2.12.0")
            #expect(try await server.send(.GET, "/proxies") == .init(status: 200, body: "{}"))
            let created = try await server.send(.POST, "/proxies", proxy)
            #expect(created.status == 201)
            #expect(created.fields["enabled"] as? Bool == true)
            #expect((created.fields["toxics"] as? [Any])?.isEmpty == true)
            let listen = try #require(created.fields["listen"] as? String)
            #expect(listen.hasPrefix("127.0.0.1:") && !listen.hasSuffix(":0"))
            #expect(try await server.send(.GET, "/proxies/db") == .init(status: 200, body: created.body))
            #expect(try await server.send(.GET, "/proxies").fields.keys.sorted() == ["db"])

            let toxic = try await server.send(
                .POST, "/proxies/db/toxics", #"{"type":"latency","attributes":{"latency":100}}"#)
            #expect(
                toxic
                    == .init(
                        status: 200,
                        body:
                            #"{"attributes":{"jitter":0,"latency":100},"name":"latency_downstream","#
                            + #""stream":"downstream","toxicity":1,"type":"latency"}"#))
            #expect(try await server.send(.GET, "/proxies/db/toxics").body == "[\(toxic.body)]")
            #expect(try await server.send(.GET, "/proxies/db/toxics/latency_downstream") == toxic)
            for (method, latency) in [(HTTPMethod.POST, 150), (.PATCH, 200)] {
                let changed = try await server.send(
                    method, "/proxies/db/toxics/latency_downstream",
                    #"{"toxicity":0.5,"attributes":{"latency":\#(latency)}}"#)
                #expect(changed.status == 200)
                #expect(changed.fields["toxicity"] as? Double == 0.5)
                #expect((changed.fields["attributes"] as? [String: Int]) == ["latency": latency, "jitter": 0])
            }
            #expect(
                try await server.send(.DELETE, "/proxies/db/toxics/latency_downstream") == .init(status: 204, body: ""))
            for method in [HTTPMethod.POST, .PATCH] {
                let disabled = try await server.send(method, "/proxies/db", #"{"enabled":false}"#)
                #expect(disabled.status == 200 && disabled.fields["enabled"] as? Bool == false)
                #expect(disabled.fields["listen"] as? String == listen)
            }
            #expect(try await server.send(.POST, "/reset") == .init(status: 204, body: ""))
            #expect(try await server.send(.GET, "/proxies/db").fields["enabled"] as? Bool == true)
            #expect(try await server.send(.DELETE, "/proxies/db") == .init(status: 204, body: ""))
        }
    }

    @Test(arguments: [
        (HTTPMethod.POST, "/proxies", "{", 400, "bad request body: "),
        (.POST, "/proxies", #"{"listen":"127.0.0.1:0","upstream":"a:1"}"#, 400, "missing required field: name"),
        (.POST, "/proxies", #"{"name":"x"}"#, 400, "missing required field: upstream"),
        (.POST, "/proxies", #"{"name":"db","upstream":"127.0.0.1:9"}"#, 409, "proxy already exists"),
        (.POST, "/proxies", #"{"name":5,"upstream":"127.0.0.1:9"}"#, 400, "bad request body: name"),
        (.POST, "/proxies", #"{"name":"x","listen":"192.0.2.1:1","upstream":"127.0.0.1:9"}"#, 500, "cannot listen on"),
        (.POST, "/proxies", #"{"name":"x","upstream":"nowhere"}"#, 500, "\"nowhere\" is no address"),
        (
            .POST, "/proxies", #"{"name":"x","upstream":"127.0.0.1:9","toxics":[{"type":"n"}]}"#, 400,
            "invalid toxic type"
        ),
        (.GET, "/proxies/none", "", 404, "proxy not found"), (.POST, "/proxies/none", "{}", 404, "proxy not found"),
        (.DELETE, "/proxies/none", "", 404, "proxy not found"),
        (.GET, "/proxies/none/toxics", "", 404, "proxy not found"),
        (.POST, "/proxies/none/toxics", "{", 404, "proxy not found"),
        (.GET, "/proxies/db/toxics/none", "", 404, "toxic not found"),
        (.PATCH, "/proxies/db/toxics/none", "{}", 404, "toxic not found"),
        (.DELETE, "/proxies/db/toxics/none", "", 404, "toxic not found"),
        (.POST, "/proxies/db/toxics", #"{"type":"none"}"#, 400, "invalid toxic type"),
        (.POST, "/proxies/db/toxics", "{}", 400, "invalid toxic type"),
        (
            .POST, "/proxies/db/toxics", #"{"type":"latency","stream":"sideways"}"#, 400,
            "stream was invalid, can be either upstream or downstream"
        ),
        (.POST, "/proxies/db/toxics", #"{"type":"latency","attributes":{"latency":"x"}}"#, 400, "bad request body: "),
        (.POST, "/proxies/db/toxics", #"{"type":"bandwidth","attributes":{"rate":-1}}"#, 400, "bad request body: rate"),
        (.POST, "/proxies/db/toxics", #"{"type":"slicer"}"#, 400, "bad request body: average_size"),
        (
            .POST, "/proxies/db/toxics", #"{"type":"slicer","attributes":{"average_size":5,"size_variation":9}}"#, 400,
            "bad request body: size_variation"
        ),
        (.POST, "/proxies/db/toxics", #"{"type":"noop","name":"kept"}"#, 409, "toxic already exists"),
        (.PATCH, "/proxies/db/toxics/kept", #"{"toxicity":7}"#, 400, "bad request body: toxicity"),
    ])
    func aMistakeIsSaidInToxiproxysWords(
        _ method: HTTPMethod, _ path: String, _ body: String, _ status: Int, _ error: String
    ) async throws {
        try await withServer { server in
            _ = try await server.send(.POST, "/proxies", proxy)
            _ = try await server.send(.POST, "/proxies/db/toxics", #"{"type":"noop","name":"kept"}"#)
            let before = try await server.send(.GET, "/proxies")
            let answer = try await server.send(method, path, body.isEmpty ? nil : body)
            #expect(answer.status == status)
            #expect(answer.fields["status"] as? Int == status)
            #expect((answer.fields["error"] as? String)?.hasPrefix(error) == true, "\(answer.body)")
            #expect(try await server.send(.GET, "/proxies") == before)
        }
    }

    @Test func browsersUnknownPathsAndMethodsAreRefused() async throws {
        try await withServer { server in
            let browser = try await server.send(.GET, "/proxies", userAgent: "Mozilla/5.0 (X11)")
            #expect(browser == .init(status: 403, body: "User agent not allowed\n"))
            #expect(try await server.send(.GET, "/nonsense").status == 404)
            #expect(try await server.send(.GET, "/metrics").status == 404)
            #expect(try await server.send(.PUT, "/proxies").status == 405)
            #expect(try await server.send(.GET, "/reset").status == 405)
        }
    }

    @Test func populateReplacesWhatDiffersAndLeavesTheRestAlone() async throws {
        try await withServer { server in
            let first = try await server.send(.POST, "/populate", "[\(proxy)]")
            #expect(first.status == 201)
            _ = try await server.send(.POST, "/proxies/db/toxics", #"{"type":"noop","name":"kept"}"#)
            let listen = try await server.send(.GET, "/proxies/db").fields["listen"] as? String
            let again = try await server.send(
                .POST, "/populate",
                #"[{"name":"db","listen":"\#(listen ?? "")","upstream":"127.0.0.1:9"},"#
                    + #"{"name":"off","listen":"127.0.0.1:0","upstream":"127.0.0.1:9","enabled":false}]"#)
            #expect(again.status == 201)
            #expect(try await server.send(.GET, "/proxies/db/toxics/kept").status == 200)
            #expect(try await server.send(.GET, "/proxies/off").fields["enabled"] as? Bool == false)
            let moved = try await server.send(
                .POST, "/populate", #"[{"name":"db","listen":"127.0.0.1:0","upstream":"127.0.0.1:10"}]"#)
            #expect(moved.status == 201)
            #expect(try await server.send(.GET, "/proxies/db/toxics").body == "[]")
            let wrong = try await server.send(
                .POST, "/populate", #"[{"name":"new","upstream":"127.0.0.1:9"},{"name":"bad"}]"#)
            #expect(wrong.status == 400)
            #expect(wrong.fields["error"] as? String == "missing required field: upstream at proxy 2")
            #expect(wrong.fields["proxies"] is NSNull)
            #expect(try await server.send(.GET, "/proxies/new").status == 404)
        }
    }

    @Test func metricsAreShownWhereAsked() async throws {
        try await withServer(["-proxy-metrics", "--runtime-metrics"]) { server in
            _ = try await server.send(.POST, "/proxies", proxy)
            let text = try await server.send(.GET, "/metrics").body
            #expect(text.contains("# TYPE toxiproxy_proxy_received_bytes_total counter"))
            #expect(text.contains("toxiproxy_proxy_sent_bytes_total{direction=\"downstream\",listener=\"127.0.0.1:"))
            #expect(text.contains("\nprocess_open_fds "))
        }
    }

    @Test func aConfigurationsToxicsAreHonouredAndStateOutlivesTheServer() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "brink-proxy-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let configuration = folder.appending(path: "proxies.json").path
        let state = folder.appending(path: "state.json").path
        let text =
            #"[{"name":"db","listen":"127.0.0.1:0","upstream":"127.0.0.1:9","#
            + #""toxics":[{"type":"latency","stream":"upstream","attributes":{"latency":5}}]}]"#
        try Data(text.utf8).write(to: URL(fileURLWithPath: configuration))
        let first = try RunningProxy(["-config", configuration, "-state", state], folder: folder)
        #expect(try await first.send(.GET, "/proxies/db/toxics/latency_upstream").status == 200)
        _ = try await first.send(.POST, "/proxies/db/toxics", #"{"type":"limit_data","attributes":{"bytes":7}}"#)
        let before = try await first.send(.GET, "/proxies").body
        first.stop()
        let mode = try FileManager.default.attributesOfItem(atPath: state)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let second = try RunningProxy(["-config", configuration, "-state", state], folder: folder)
        #expect(try await second.send(.GET, "/proxies").body == before)
        second.stop()
    }

    /// Nobody's client: the one from PyPI.
    @Test func toxiproxyPythonDrivesItUnchanged() async throws {
        try await withServer { server in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            let script = server.folder.appending(path: "drive.py")
            try Data(PackageResources.drive_py).write(to: script)
            process.arguments = ["python3", script.path, "\(server.port)"]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let data = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            let saw = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            let expected: [String: Any] = [
                "version": "2.12.0", "populated": ["other"], "proxies": ["echo", "other"],
                "toxics": ["latency_downstream": ["latency", "downstream", 1, ["latency": 200, "jitter": 10]]],
            ]
            for (key, value) in saw {
                if let wanted = expected[key] {
                    #expect("\(value)" == "\(wanted)" || NSObject.isEqual(value as AnyObject, wanted), "\(key)")
                } else {
                    #expect(value as? Bool == true, "\(key): \(value)")
                }
            }
            #expect(saw.count == 18)
        }
    }
}

extension NSObject {
    /// Compares what JSONSerialization makes, in which numbers have no type.
    static func isEqual(_ left: AnyObject, _ right: Any) -> Bool {
        let encode = { (value: Any) in try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys]) }
        return encode(left) == encode(right)
    }
}
