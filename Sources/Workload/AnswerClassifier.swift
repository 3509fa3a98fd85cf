import Foundation
import Postgres
import PlainHTTP

/// Tells what an answer, or the lack of one, means.
enum AnswerClassifier {
    static func judge(status: Int, body: Data, _ question: GraphQLQuestion) -> (RequestOutcome, WriteOutcome) {
        if status == 401 { return (.failure(.unauthenticated, detail: "401"), .failed) }
        guard status == 200 else { return (.failure(.http, detail: "status \(status)"), .unknown) }
        guard let answer = try? JSONSerialization.jsonObject(with: body) as? [String: Any] else {
            return (.failure(.wrongAnswer, detail: "the answer is no JSON object"), .unknown)
        }
        if let problem = (answer["errors"] as? [Any])?.first {
            return judge(problem: problem as? [String: Any] ?? [:])
        }
        guard isRight(answer, question) else {
            return (.failure(.wrongAnswer, detail: "not the \(question.field) that was asked for"), .unknown)
        }
        switch fault(in: answer, question) {
        case .wrong(let detail)?: return (.failure(.wrongAnswer, detail: detail), .unknown)
        case .stale(let detail)?: return (.failure(.stale, detail: detail), .unknown)
        case nil: return (.success, .acked)
        }
    }

    /// An entry of the answer's `errors`.
    private static func judge(problem: [String: Any]) -> (RequestOutcome, WriteOutcome) {
        let extensions = problem["extensions"] as? [String: Any] ?? [:]
        let code = extensions["code"] as? String ?? ""
        // What the service itself says of a write, where it knows. In error it cannot claim that one is stored.
        let claimed = (extensions["outcome"] as? String).flatMap(WriteOutcome.init(rawValue:))
        let write = claimed == .acked ? .unknown : claimed
        let sqlState = extensions["sqlstate"] as? String
        return (
            .failure(errorClass(ofCode: code), detail: problem["message"] as? String ?? code, sqlState: sqlState),
            write ?? writeOutcome(ofCode: code, sqlState: sqlState)
        )
    }

    static func errorClass(of error: any Error) -> RequestOutcome.ErrorClass {
        switch error as? HTTPFailure {
        case .refused: .refused
        case .timedOut: .timeout
        case .disconnected: .reset
        case .unreachable(_, let code) where code == EMFILE || code == ENFILE: .descriptors
        case .unreachable(_, let code) where code == ECONNRESET: .reset
        case .unreachable, .unacceptable, .badURL, nil: .other
        }
    }

    private static func errorClass(ofCode code: String) -> RequestOutcome.ErrorClass {
        switch code {
        case "POOL_TIMEOUT": .poolTimeout
        case "POOL_QUEUE_FULL": .poolQueueFull
        case "DATABASE_UNAVAILABLE": .unavailable
        case "DATABASE_ERROR", "STATEMENT_TIMEOUT": .sql
        case "TOO_MANY_OPEN_FILES": .descriptors
        case "UNAUTHENTICATED": .unauthenticated
        default: .graphql
        }
    }

    /// A write is surely not stored when the service never had a connection for it, or when the server refused a
    /// statement of its transaction.
    private static func writeOutcome(ofCode code: String, sqlState: String?) -> WriteOutcome {
        switch code {
        case "POOL_TIMEOUT", "POOL_QUEUE_FULL", "UNAUTHENTICATED", "BAD_REQUEST": return .failed
        case "DATABASE_ERROR":
            return sqlState.map(SQLState.rulesOutCommit) == true ? .failed : .unknown
        default: return .unknown
        }
    }

    /// What contradicts what is known of the data.
    private static func fault(in answer: [String: Any], _ question: GraphQLQuestion) -> ShopKnowledge.Fault? {
        guard let known = question.known, !question.isWrite, let data = answer["data"] as? [String: Any],
            let value = data[question.field]
        else { return nil }
        return known.fault(in: value, of: question.field)
    }

    /// Whether it answers what was asked.
    private static func isRight(_ answer: [String: Any], _ question: GraphQLQuestion) -> Bool {
        guard let data = answer["data"] as? [String: Any], let value = data[question.field], !(value is NSNull) else {
            return false
        }
        guard let expected = question.expected else { return value is [Any] }
        guard let fields = value as? [String: Any], let id = fields["id"] ?? fields["key"] else { return false }
        return "\(id)" == expected
    }
}
