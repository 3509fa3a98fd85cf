import Foundation
import IssuerControl
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import PlainHTTP

/// Speaks with an issuer that Brink started: asks for tokens, looks at its key set, switches how it misbehaves.
public struct IssuerClient: Sendable {
    /// Why an issuer did not do what it was asked to.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
        /// What it answered, where it did.
        public let status: Int?
    }

    /// `host:port`.
    public let address: String
    private let controlToken: String
    private let client = PlainHTTPClient()

    public init(address: String, controlToken: String) {
        self.address = address
        self.controlToken = controlToken
    }

    /// Where a service that is to trust the issuer finds its keys.
    public var keySetURL: String { "http://\(address)\(IssuerPath.keySet)" }

    // MARK: Control

    public func reading(within patience: Duration = .seconds(2)) async throws -> IssuerReading {
        try await ask(.GET, IssuerPath.control, body: nil, within: patience)
    }

    /// - Returns: what it is set to then.
    @discardableResult
    public func change(_ change: IssuerChange) async throws -> IssuerReading {
        try await ask(.POST, IssuerPath.control, body: try JSONEncoder().encode(change), within: .seconds(5))
    }

    // MARK: Tokens

    public func token(_ request: TokenRequest, within patience: Duration = .seconds(5)) async throws -> TokenAnswer {
        try await ask(
            .POST, IssuerPath.token, body: try JSONEncoder().encode(request), within: patience, isController: false)
    }

    private func ask<Answer: Decodable>(
        _ method: HTTPMethod, _ path: String, body: Data?, within patience: Duration, isController: Bool = true
    ) async throws -> Answer {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        if isController { headers.add(name: "Authorization", value: "Bearer \(controlToken)") }
        let answer = try await client.send(
            method, "http://\(address)\(path)", headers: headers, body: body.map { ByteBuffer(data: $0) },
            within: TimeAmount(patience))
        guard answer.status == 200 else {
            let text = String(buffer: answer.body).trimmingCharacters(in: .whitespacesAndNewlines)
            throw Failure(
                description: "the issuer at \(address) answered \(path) with \(answer.status): \(text.prefix(200))",
                status: answer.status)
        }
        return try JSONDecoder().decode(Answer.self, from: Data(buffer: answer.body))
    }

    // MARK: Key set

    /// Asks for the key set as a service does, and is not counted by the issuer.
    public func lookAtKeySet(within patience: Duration = .seconds(10)) async -> KeySetLook {
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let answer = try await client.send(
                .GET, keySetURL, headers: ["Authorization": "Bearer \(controlToken)"], limit: 64 << 20,
                within: TimeAmount(patience))
            return KeySetLook(
                status: answer.status, body: Data(buffer: answer.body),
                type: answer.headers.first(name: "Content-Type") ?? "", took: start.duration(to: clock.now))
        } catch {
            return KeySetLook(failure: "\(error)", took: start.duration(to: clock.now))
        }
    }
}
