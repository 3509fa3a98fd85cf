import ArgumentParser
import Foundation
import Harness
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import PlainHTTP

/// The server that a verb drives.
struct ProxyServerOption: ParsableArguments {
    @Option(
        name: [.customLong("host"), .customLong("host", withSingleDash: true), .customShort("h")],
        help: "The server's HTTP interface; TOXIPROXY_URL when left out, else http://localhost:8474.")
    var url: String?

    /// What a server shows of a proxy.
    struct Proxy: Decodable {
        let name: String
        let listen: String
        let upstream: String
        let enabled: Bool
        let toxics: [Toxic]
    }

    /// What a server shows of a toxic; its attributes can be of any form.
    struct Toxic: Decodable {
        let name: String
        let type: String
        let stream: String
        let toxicity: Double
    }

    private struct Refusal: Decodable {
        let error: String
    }

    /// The answer's body.
    /// - Throws: with the server's own words when it refuses.
    func send(_ method: HTTPMethod, _ path: [String], _ body: [String: any Sendable]? = nil) async throws -> Data {
        let base = url ?? ProcessInfo.processInfo.environment["TOXIPROXY_URL"] ?? "http://localhost:8474"
        let escaped = path.map { $0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? $0 }
        let target = base.hasSuffix("/") ? String(base.dropLast()) : base
        let content = try body.map { ByteBuffer(data: try JSONSerialization.data(withJSONObject: $0)) }
        let client = PlainHTTPClient()
        defer { client.close() }
        let answer: HTTPAnswer
        do {
            answer = try await client.send(
                method, target + "/" + escaped.joined(separator: "/"), headers: ["Content-Type": "application/json"],
                body: content, within: .seconds(10))
        } catch {
            throw Console.fail("\(method) \(target): \(error); is `brink proxy` running there?", .preflight)
        }
        let data = Data(buffer: answer.body)
        guard (200..<300).contains(answer.status) else {
            let refusal = (try? JSONDecoder().decode(Refusal.self, from: data))?.error
            throw Console.fail("the server says \(answer.status): \(refusal ?? "nothing more")", .expectationFailed)
        }
        return data
    }

    func proxy(_ name: String) async throws -> Proxy {
        try JSONDecoder().decode(Proxy.self, from: try await send(.GET, ["proxies", name]))
    }

    func proxies() async throws -> [Proxy] {
        let all = try JSONDecoder().decode([String: Proxy].self, from: try await send(.GET, ["proxies"]))
        return all.values.sorted { $0.name < $1.name }
    }
}
