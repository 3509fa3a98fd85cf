import Hummingbird

/// The HTTP interface of `bookshop issuer`.
struct IssuerResponder: HTTPResponder {
    private static let defaultLifetime = 3600.0
    private static let maximumLifetime = 86_400.0 * 365

    let issuer: TokenIssuer

    func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
        switch (request.method, request.uri.path) {
        case (.get, "/.well-known/jwks.json"): return .json(issuer.keyDocument)
        case (.get, "/health"): return .text("ok\n")
        case (.post, "/token"): return try await token(for: request)
        case (_, "/.well-known/jwks.json"), (_, "/token"), (_, "/health"):
            return .text("method not allowed\n", .methodNotAllowed)
        default: return .text("not found\n", .notFound)
        }
    }

    private func token(for request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: 4096)
        let value: GraphQLValue
        do throws(JSONReader.Failure) {
            value = try JSONReader.read(Array(body.readableBytesView))
        } catch {
            return .text("the body is not JSON: \(error.message) at byte \(error.offset)\n", .badRequest)
        }
        guard case .object = value, case .string(let subject) = value["sub"] else {
            return .text("the body must be a JSON object with a text \"sub\"\n", .badRequest)
        }
        let lifetime: Double
        switch value["ttl"] {
        case .int(let seconds): lifetime = Double(seconds)
        case .float(let seconds): lifetime = seconds
        case nil, .null: lifetime = Self.defaultLifetime
        default: return .text("\"ttl\" must be a number of seconds\n", .badRequest)
        }
        guard abs(lifetime) <= Self.maximumLifetime else {
            return .text("\"ttl\" must be at most a year\n", .badRequest)
        }
        var json = JSONWriter()
        json.raw("{\"token_type\":\"Bearer\",\"expires_in\":")
        json.number("\(Int(lifetime))")
        json.raw(",\"access_token\":")
        json.string(try await issuer.token(subject: subject, lifetime: lifetime))
        json.raw("}")
        return .json(json.bytes)
    }
}
