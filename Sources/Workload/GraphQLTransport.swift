import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import Postgres

/// The load over HTTP: GraphQL as the reference service speaks it.
public struct GraphQLTransport: LoadTransport {
    private let url: String
    private let token: String?
    private let timeout: TimeAmount
    private let database: String?
    private let client: HTTPClient

    /// - Parameters:
    ///   - url: the GraphQL endpoint.
    ///   - token: a bearer token, or nil to send none.
    ///   - database: connection string for reading the table after the run; nil when the table is out of reach.
    public init(url: String, token: String?, timeout: Duration, database: String?) {
        self.url = url
        self.token = token
        self.timeout = .nanoseconds(
            Int64(timeout.components.seconds) * 1_000_000_000 + timeout.components.attoseconds / 1_000_000_000)
        self.database = database
        var configuration = HTTPClient.Configuration()
        configuration.timeout = .init(connect: self.timeout, read: self.timeout)
        // One connection for each request in flight: a queue in the client would be the load's, not the service's.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1000
        configuration.httpVersion = .http1Only
        // A refused connection is an outcome to be counted, not one to be tried again in secret.
        configuration.connectionPool.retryConnectionEstablishment = false
        self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    public func send(_ request: LoadRequest) async -> (RequestOutcome, WriteOutcome) {
        let question = GraphQLQuestion(request)
        do {
            var message = HTTPClientRequest(url: url)
            message.method = .POST
            message.headers.add(name: "Content-Type", value: "application/json")
            if let token { message.headers.add(name: "Authorization", value: "Bearer \(token)") }
            message.body = .bytes(ByteBuffer(bytes: question.body))
            let response = try await client.execute(message, deadline: .now() + timeout)
            let body = try await response.body.collect(upTo: 4 << 20)
            return AnswerClassifier.judge(status: Int(response.status.code), body: Data(buffer: body), question)
        } catch {
            let errorClass = AnswerClassifier.errorClass(of: error)
            // Only a refused connection proves that the service never saw the request.
            return (.failure(errorClass, detail: "\(error)"), errorClass == .refused ? .failed : .unknown)
        }
    }

    public func storedKeys(prefix: String) async throws -> Set<String> {
        guard let database else { return [] }
        return try await StoredOrders.keys(prefix: prefix, database: database, table: "bookshop.orders")
    }

    public func shutdown() async throws {
        try await client.shutdown()
    }
}
