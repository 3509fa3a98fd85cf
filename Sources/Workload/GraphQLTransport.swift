import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import PlainHTTP
import Postgres

/// The load over HTTP: GraphQL as the reference service speaks it.
public struct GraphQLTransport: LoadTransport {
    private let url: String
    private let tokens: TokenPool?
    private let timeout: TimeAmount
    private let database: String?
    private let knowledge: ShopKnowledge?
    private let client = PlainHTTPClient()

    /// - Parameters:
    ///   - url: the GraphQL endpoint.
    ///   - tokens: bearer tokens, or nil to send none.
    ///   - database: connection string for reading the table after the run; nil when the table is out of reach.
    ///   - knowledge: what answers must fit; nil for a service whose data are not known.
    public init(
        url: String, tokens: TokenPool?, timeout: Duration, database: String?, knowledge: ShopKnowledge? = nil
    ) {
        self.knowledge = knowledge
        self.url = url
        self.tokens = tokens
        self.timeout = .nanoseconds(
            Int64(timeout.components.seconds) * 1_000_000_000 + timeout.components.attoseconds / 1_000_000_000)
        self.database = database
    }

    public func send(_ request: LoadRequest) async -> (RequestOutcome, WriteOutcome) {
        let question = GraphQLQuestion(request, knowing: knowledge?.snapshot)
        do {
            var headers: HTTPHeaders = ["Content-Type": "application/json"]
            let token = await tokens?.token()
            if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
            let answer = try await client.send(
                .POST, url, headers: headers, body: ByteBuffer(bytes: question.body), within: timeout)
            let judgement = AnswerClassifier.judge(status: answer.status, body: Data(buffer: answer.body), question)
            if let token, judgement.0.errorClass == .unauthenticated { await tokens?.refused(token) }
            if judgement.1 == .acked, case .order(_, let book, let quantity) = request {
                knowledge?.acknowledged(book: book, quantity: quantity)
            }
            return judgement
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
        client.close()
    }
}
