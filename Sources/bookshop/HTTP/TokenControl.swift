import Hummingbird

/// `/control/tokens`: reads and damages the memory of accepted tokens, for whoever starts the service to break it.
///
/// It is there only when the service was started with a token for it, and listens on loopback.
struct TokenControl: Sendable {
    static let path = "/control/tokens"

    let memory: TokenMemory
    /// What requests must bring as bearer token.
    let secret: String

    func respond(to request: Request) async throws -> Response {
        guard request.headers[.authorization] == "Bearer \(secret)" else { return .text("forbidden\n", .forbidden) }
        switch request.method {
        case .get: return .json(state)
        case .post:
            let body = try await request.body.collect(upTo: 1024)
            let value: GraphQLValue
            do throws(JSONReader.Failure) {
                value = try JSONReader.read(Array(body.readableBytesView))
            } catch {
                return .text("the body is not JSON: \(error.message) at byte \(error.offset)\n", .badRequest)
            }
            switch value["damage"] {
            case .null: memory.damage(nil)
            case .string(let name):
                guard let damage = TokenMemory.Damage(rawValue: name) else { return Self.unknown }
                memory.damage(damage)
            default: return Self.unknown
            }
            return .json(state)
        default: return .text("method not allowed\n", .methodNotAllowed)
        }
    }

    private static var unknown: Response {
        let names = TokenMemory.Damage.allCases.map(\.rawValue).joined(separator: ", ")
        return .text("\"damage\" must be null or one of \(names)\n", .badRequest)
    }

    private var state: [UInt8] {
        let reading = memory.reading
        var json = JSONWriter()
        json.raw("{\"damage\":")
        if let damage = reading.damage { json.string(damage.rawValue) } else { json.raw("null") }
        json.raw(",\"entries\":")
        json.number("\(reading.entries)")
        json.raw(",\"damaged\":")
        json.number("\(reading.damaged)")
        json.raw(",\"found\":")
        json.number("\(reading.found)")
        json.raw("}")
        return json.bytes
    }
}
