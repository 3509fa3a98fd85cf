import IssuerClient
import IssuerControl
import LinuxSystem
import NIOCore
import NIOHTTP1
import PlainHTTP

/// Asks the service one question at a time and takes the time of the answer.
struct ShopClient: Sendable {
    private let endpoint: String
    private let token: String?
    private let client: PlainHTTPClient

    /// - Parameter token: nil sends none.
    init(_ endpoint: String, token: String?) {
        self.endpoint = endpoint
        self.token = token
        client = PlainHTTPClient()
    }

    /// - Parameter document: GraphQL without characters that JSON escapes, but for quotes.
    /// - Returns: seconds from the first byte sent to the last one received, a new connection's included.
    /// - Throws: for any answer but a right one: a service that fails undisturbed has no baseline.
    func ask(_ document: String) async throws -> Double {
        let escaped = document.replacing("\"", with: "\\\"")
        let body = ByteBuffer(string: "{\"query\":\"\(escaped)\"}")
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        let start = MonotonicClock.now()
        let answer: HTTPAnswer
        do {
            answer = try await client.send(.POST, endpoint, headers: headers, body: body, within: .seconds(30))
        } catch {
            throw HarnessError(
                .internal,
                "\(endpoint) was asked \(document): \(error); the machine may be too busy for a baseline: look at its "
                    + "load, and save it again")
        }
        let seconds = (MonotonicClock.now() - start).inSeconds
        guard answer.status == 200 else { throw failure(document, answer) }
        // Errors come after the data, and what they are about is null.
        let text = String(buffer: answer.body)
        guard text.hasPrefix("{\"data\":{"), !text.contains("\"errors\":[") else { throw failure(document, answer) }
        return seconds
    }

    func close() { client.close() }

    private func failure(_ document: String, _ answer: HTTPAnswer) -> HarnessError {
        HarnessError(
            .internal,
            "\(endpoint) answered \(document) with \(answer.status): \(String(buffer: answer.body).prefix(200)); "
                + "a service that fails undisturbed has no baseline")
    }
}
