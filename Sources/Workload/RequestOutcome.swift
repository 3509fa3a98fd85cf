/// How one request of the load came out.
public enum RequestOutcome: Hashable, Sendable {
    case success
    case failure(ErrorClass, detail: String, sqlState: String? = nil)

    /// The classes that reports and conditions tell apart. Raw values are metric names.
    public enum ErrorClass: String, Hashable, Sendable, CaseIterable {
        /// The connection was refused: nobody listens.
        case refused
        /// The connection was reset or closed before the answer.
        case reset
        /// No answer within the load's timeout.
        case timeout
        /// The service's pool had no connection in time.
        case poolTimeout
        /// As many requests as may wait for the service's pool did so already.
        case poolQueueFull
        /// The service says that its database is unavailable.
        case unavailable
        /// An SQLSTATE came back.
        case sql
        /// Any other GraphQL error in a 200.
        case graphql
        /// A well-formed answer to another question, or one that cannot be true.
        case wrongAnswer
        /// An answer that lacks a write which was acknowledged before the question was sent.
        case stale
        case unauthenticated
        /// More requests in flight than the load allows.
        case overload
        /// An HTTP status other than 200.
        case http
        /// The service ran out of descriptors.
        case descriptors
        case other
    }

    public var isSuccess: Bool { self == .success }

    public var errorClass: ErrorClass? {
        if case .failure(let errorClass, _, _) = self { errorClass } else { nil }
    }

    /// Under what it is counted in a phase's figures: the class, with the SQLSTATE where one came. Nil for a success.
    var errorName: String? {
        guard case .failure(let errorClass, _, let sqlState) = self else { return nil }
        // What a service passes off as one must not make a name of its own for every answer.
        guard let sqlState, sqlState.utf8.count == 5,
            sqlState.utf8.allSatisfy({ (48...57).contains($0) || (65...90).contains($0) })
        else { return errorClass.rawValue }
        return "\(errorClass.rawValue).\(sqlState)"
    }
}
