import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import PlainHTTP
import Scenarios

/// Sends the requests of a profile over HTTP, and reads its writes back by the profile's own SQL.
public struct ProfiledTransport: WriteStore {
    private let base: String
    private let headers: HTTPHeaders
    private let classifier: ProfiledAnswer
    private let stored: String?
    private let timeout: TimeAmount
    private let database: String?
    private let client = PlainHTTPClient()

    /// - Parameters:
    ///   - base: the service's URL without a path.
    ///   - database: connection string for reading the keys after the run; nil when the tables are out of reach.
    public init(base: String, requests: TargetProfile.Requests, timeout: Duration, database: String?) {
        self.base = base
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        for (name, value) in requests.headers { headers.replaceOrAdd(name: name, value: value) }
        self.headers = headers
        classifier = ProfiledAnswer(errors: requests.errors)
        stored = requests.stored
        self.timeout = .nanoseconds(
            Int64(timeout.components.seconds) * 1_000_000_000 + timeout.components.attoseconds / 1_000_000_000)
        self.database = database
    }

    func send(_ request: ProfiledRequest) async -> (RequestOutcome, WriteOutcome) {
        do {
            let answer = try await client.send(
                request.method == "GET" ? .GET : .POST, base + request.path, headers: headers,
                body: request.body.map { ByteBuffer(data: $0) }, within: timeout)
            return classifier.judge(status: answer.status, body: Data(buffer: answer.body), request)
        } catch {
            let errorClass = AnswerClassifier.errorClass(of: error)
            // Only a refused connection proves that the service never saw the request.
            return (.failure(errorClass, detail: "\(error)"), errorClass == .refused ? .failed : .unknown)
        }
    }

    public func storedKeys(prefix: String) async throws -> Set<String> {
        guard let database, let stored else { return [] }
        return try await StoredOrders.keys(prefix: prefix, database: database, question: stored)
    }

    public func shutdown() async throws {
        client.close()
    }
}
