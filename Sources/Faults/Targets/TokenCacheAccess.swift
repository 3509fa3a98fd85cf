import Engine
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import PlainHTTP

/// How Brink reaches what a bookshop remembers of accepted tokens: over its control endpoint.
public struct TokenCacheAccess: Sendable {
    /// What the endpoint says of that memory.
    struct Reading: Decodable, Hashable, Sendable {
        /// How what is remembered is damaged; nil when it is not.
        let damage: String?
        let entries: Int
        /// Entries that were damaged since the service started.
        let damaged: Int
        /// Look-ups of the service that found a damaged entry.
        let found: Int
    }

    /// `host:port` of the service.
    public let address: String
    private let secret: String
    private let client = PlainHTTPClient()

    public init(address: String, secret: String) {
        self.address = address
        self.secret = secret
    }

    func reading() async throws -> Reading { try await ask(.GET, nil) }

    /// - Parameter damage: nil ends it.
    @discardableResult
    func damage(_ damage: String?) async throws -> Reading {
        try await ask(.POST, ByteBuffer(string: "{\"damage\":\(damage.map { "\"\($0)\"" } ?? "null")}"))
    }

    private func ask(_ method: HTTPMethod, _ body: ByteBuffer?) async throws -> Reading {
        let answer = try await client.send(
            method, "http://\(address)/control/tokens", headers: ["Authorization": "Bearer \(secret)"], body: body,
            within: .seconds(5))
        guard answer.status == 200 else {
            throw FaultError(
                "the bookshop at \(address) answered /control/tokens with \(answer.status): "
                    + String(buffer: answer.body).prefix(200))
        }
        return try JSONDecoder().decode(Reading.self, from: Data(buffer: answer.body))
    }
}
