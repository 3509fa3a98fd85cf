import Foundation
import Hummingbird
import IssuerControl
import NIOCore

/// The HTTP interface of `issuer`.
struct IssuerResponder: HTTPResponder {
    private static let maximumLife = 86_400.0 * 365
    private static let maximumSkew = 86_400.0 * 365

    let issuer: TokenIssuer
    /// What a request to `/control` must bring; nil closes it.
    let controlToken: String?

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        let path = request.uri.path
        let isOwn = isController(request)
        if !isOwn, Self.methods[path] != nil { issuer.count(path) }
        guard let methods = Self.methods[path] else { return Self.text("not found\n", .notFound) }
        guard methods.contains(request.method) else { return Self.text("method not allowed\n", .methodNotAllowed) }
        switch path {
        case IssuerPath.keySet: return try await keySet(isOwn: isOwn)
        case IssuerPath.token: return try await token(for: request)
        case IssuerPath.control: return isOwn ? try await control(request) : Self.text("forbidden\n", .forbidden)
        case IssuerPath.metrics: return metrics()
        default: return Self.text("ok\n")
        }
    }

    private static let methods: [String: [HTTPRequest.Method]] = [
        IssuerPath.keySet: [.get], IssuerPath.token: [.post], IssuerPath.control: [.get, .post],
        IssuerPath.metrics: [.get], IssuerPath.health: [.get],
    ]

    private func isController(_ request: Request) -> Bool {
        guard let controlToken, let given = request.headers[.authorization] else { return false }
        return given == "Bearer \(controlToken)"
    }

    // MARK: Keys

    private struct Cut: Error {}

    private func keySet(isOwn: Bool) async throws -> Response {
        let reply = try issuer.keySet(isOwn: isOwn)
        if reply.delay > .zero { try await Task.sleep(for: reply.delay) }
        var headers: HTTPFields = [.contentType: reply.type]
        if reply.closes { headers[.connection] = "close" }
        if let seconds = reply.retryAfter { headers[.retryAfter] = String(seconds) }
        let status = HTTPResponse.Status(code: reply.status)
        guard let cut = reply.cutAfter else {
            return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: reply.body)))
        }
        let head = ByteBuffer(bytes: reply.body.prefix(cut))
        // An error after the head breaks the connection, short of the length that was announced.
        let body = ResponseBody(contentLength: reply.body.count) { writer in
            try await writer.write(head)
            throw Cut()
        }
        return Response(status: status, headers: headers, body: body)
    }

    // MARK: Tokens

    private func token(for request: Request) async throws -> Response {
        let order: TokenRequest
        do {
            order = try JSONDecoder().decode(TokenRequest.self, from: try await Self.body(of: request))
        } catch {
            let flaws = TokenFlaw.allCases.map(\.rawValue).joined(separator: ", ")
            return Self.text(
                "the body must be JSON such as {\"sub\": \"reader\", \"ttl\": 60, \"alg\": \"RS256\"}; a \"flaw\" is "
                    + "one of \(flaws)\n", .badRequest)
        }
        guard abs(order.ttl ?? 0) <= Self.maximumLife else {
            return Self.text("\"ttl\" must be at most a year\n", .badRequest)
        }
        do {
            return try Self.json(try issuer.token(order))
        } catch let error as TokenIssuer.Refusal {
            return Self.text("\(error.message)\n", .conflict)
        }
    }

    // MARK: Control

    private func control(_ request: Request) async throws -> Response {
        guard request.method == .post else { return try Self.json(issuer.reading) }
        let change: IssuerChange
        do {
            change = try JSONDecoder().decode(IssuerChange.self, from: try await Self.body(of: request))
        } catch {
            return Self.text("the body must be a JSON object of settings to change: \(error)\n", .badRequest)
        }
        guard abs(change.clockSkew ?? 0) <= Self.maximumSkew, (0...3600).contains(change.keySet?.delay ?? 0),
            (0...3600).contains(change.rotation?.after ?? 0), (0...1_000_000).contains(change.keySet?.perSecond ?? 0)
        else { return Self.text("a time or a rate is out of range\n", .badRequest) }
        do {
            return try Self.json(try issuer.apply(change))
        } catch let error as TokenIssuer.Refusal {
            return Self.text("\(error.message)\n", .conflict)
        }
    }

    private func metrics() -> Response {
        let reading = issuer.reading
        var lines = ["# TYPE issuer_requests counter"]
        for (path, count) in reading.requests.sorted(by: { $0.key < $1.key }) {
            lines.append("issuer_requests_total{path=\"\(path)\"} \(count)")
        }
        lines += ["# TYPE issuer_key_sets_given counter", "issuer_key_sets_given_total \(reading.keySetsGiven)"]
        lines += ["# TYPE issuer_tokens counter", "issuer_tokens_total{flaw=\"\"} \(reading.tokens)"]
        for (flaw, count) in reading.flawed.sorted(by: { $0.key < $1.key }) {
            lines.append("issuer_tokens_total{flaw=\"\(flaw)\"} \(count)")
        }
        return Self.text((lines + ["# EOF", ""]).joined(separator: "\n"))
    }

    // MARK: Bodies

    private static func body(of request: Request) async throws -> Data {
        Data(try await request.body.collect(upTo: 4096).readableBytesView)
    }

    private static func json(_ value: some Encodable) throws -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(value))))
    }

    private static func text(_ text: String, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
