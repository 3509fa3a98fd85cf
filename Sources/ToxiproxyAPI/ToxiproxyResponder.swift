import Foundation
import Hummingbird
import NIOFoundationCompat

/// Toxiproxy's HTTP interface, as of its version 2.12.
struct ToxiproxyResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    /// The version whose interface this is.
    static let compatibleVersion = "2.12.0"
    private static let longestBody = 1 << 22

    let registry: ProxyRegistry
    /// Nil where none were asked for.
    let metrics: MetricsText?
    let brinkVersion: String

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        // A page in somebody's browser must not be able to drive the server.
        if request.headers[.userAgent]?.hasPrefix("Mozilla/") == true {
            return text("User agent not allowed\n", .forbidden)
        }
        do {
            return try await route(request)
        } catch let error as APIError {
            return json(error, HTTPResponse.Status(code: error.status))
        } catch {
            return json(APIError.failed("\(error)"), .internalServerError)
        }
    }

    private func route(_ request: Request) async throws -> Response {
        let path = request.uri.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            .map { String($0).removingPercentEncoding ?? String($0) }
        switch (path.count, path.first) {
        case (1, "version"): return try await version(request)
        case (1, "reset"): return try await reset(request)
        case (1, "populate"): return try await populate(request)
        case (1, "metrics"): return try await showMetrics(request)
        case (1, "proxies"): return try await proxies(request)
        case (2, "proxies"): return try await proxy(path[1], request)
        case (3, "proxies") where path[2] == "toxics": return try await toxics(path[1], request)
        case (4, "proxies") where path[2] == "toxics": return try await toxic(path[3], of: path[1], request)
        default: return text("404 page not found\n", .notFound)
        }
    }

    private func version(_ request: Request) async throws -> Response {
        guard request.method == .get else { return notAllowed }
        return json(["version": ToxiproxyResponder.compatibleVersion, "brink": brinkVersion])
    }

    private func reset(_ request: Request) async throws -> Response {
        guard request.method == .post else { return notAllowed }
        try await registry.reset()
        return Response(status: .noContent)
    }

    private func populate(_ request: Request) async throws -> Response {
        guard request.method == .post else { return notAllowed }
        let (proxies, error) = await registry.populate(try await decode(request))
        let status = error.map { HTTPResponse.Status(code: $0.status) } ?? .created
        return json(Population(error: error?.error, status: error?.status, proxies: proxies), status)
    }

    private func showMetrics(_ request: Request) async throws -> Response {
        guard let metrics else { return text("404 page not found\n", .notFound) }
        guard request.method == .get else { return notAllowed }
        return content(
            ByteBuffer(string: metrics.render(await registry.counters())), "text/plain; version=0.0.4; charset=utf-8")
    }

    private func proxies(_ request: Request) async throws -> Response {
        switch request.method {
        case .get:
            let all = await registry.all()
            return json(Dictionary(all.map { ($0.name, $0) }) { first, _ in first })
        case .post: return json(try await registry.create(try await decode(request)), .created)
        default: return notAllowed
        }
    }

    private func proxy(_ name: String, _ request: Request) async throws -> Response {
        switch request.method {
        case .get: return json(try await registry.show(name))
        case .post, .patch:
            // A proxy that is not there is said before what is wrong with the body.
            _ = try await registry.show(name)
            return json(try await registry.update(name, try await decode(request)))
        case .delete:
            try await registry.delete(name)
            return Response(status: .noContent)
        default: return notAllowed
        }
    }

    private func toxics(_ proxy: String, _ request: Request) async throws -> Response {
        switch request.method {
        case .get: return json(try await registry.toxics(of: proxy))
        case .post:
            _ = try await registry.show(proxy)
            return json(try await registry.addToxic(try await decode(request), to: proxy))
        default: return notAllowed
        }
    }

    private func toxic(_ toxic: String, of proxy: String, _ request: Request) async throws -> Response {
        switch request.method {
        case .get: return json(try await registry.toxic(toxic, of: proxy))
        case .post, .patch:
            _ = try await registry.toxic(toxic, of: proxy)
            return json(try await registry.updateToxic(toxic, of: proxy, try await decode(request)))
        case .delete:
            try await registry.removeToxic(toxic, of: proxy)
            return Response(status: .noContent)
        default: return notAllowed
        }
    }

    private struct Population: Encodable {
        let error: String?
        let status: Int?
        let proxies: [ProxyDescription]?

        private enum CodingKeys: CodingKey {
            case error, status, proxies
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(error, forKey: .error)
            try container.encodeIfPresent(status, forKey: .status)
            // Null rather than absent, as in toxiproxy.
            try container.encode(proxies, forKey: .proxies)
        }
    }

    private func decode<Value: Decodable>(_ request: Request) async throws -> Value {
        let body = try await request.body.collect(upTo: ToxiproxyResponder.longestBody)
        return try JSONBody.decode(Data(buffer: body))
    }

    private func json(_ value: some Encodable, _ status: HTTPResponse.Status = .ok) -> Response {
        do {
            return content(ByteBuffer(bytes: try JSONBody.encode(value)), "application/json", status)
        } catch {
            return text("\(error)\n", .internalServerError)
        }
    }

    private var notAllowed: Response { Response(status: .methodNotAllowed) }

    private func text(_ text: String, _ status: HTTPResponse.Status) -> Response {
        content(ByteBuffer(string: text), "text/plain; charset=utf-8", status)
    }

    private func content(_ bytes: ByteBuffer, _ type: String, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: bytes))
    }
}
