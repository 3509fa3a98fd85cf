/// How a client's request is made to fail without the server and the client falling out of step.
///
/// The server gets, in place of the request, one that must fail, and its ErrorResponse is replaced by the rule's. So
/// the error comes in its turn behind what was asked before; what ran since the last Sync is rolled back; locks are
/// given up; the transaction has failed for the server as it has for the client, and the server itself answers further
/// statements with 25P02, and COMMIT with ROLLBACK, until it is ended. Only the server's log shows what it was asked.
///
/// An error at COMMIT rolls back and ends the transaction, as a failing deferred constraint does (seen with 15.18), so
/// the server gets a ROLLBACK. Its warning, when there is no transaction, is kept from the client.
struct RequestFailure {
    /// No text of SQL begins so, and no client's portal has this name: both are found in the server's log.
    static let marker = "brink injects an error"

    let bytes: [UInt8]
    let requests: [Request]

    /// - Parameters:
    ///   - script: what the request was to carry out, if anything.
    ///   - error: the ErrorResponse that the client gets.
    init(of message: FrontendMessage, script: SQLScript?, error: [UInt8]) {
        let rollsBack = script?.hasCommit ?? false
        switch message {
        case .query:
            bytes = MessageBytes.query(rollsBack ? "ROLLBACK" : RequestFailure.marker)
            requests = [Request(.query, answer: .replace(error), script: script)]
        case .execute where rollsBack:
            // The failing Execute at the end makes the server discard until Sync, as it would after the client's own.
            let name = "brink rolls back"
            bytes =
                MessageBytes.parse("ROLLBACK", as: name) + MessageBytes.bind(name, to: name)
                + MessageBytes.execute(name) + MessageBytes.close(statement: name)
                + MessageBytes.execute(RequestFailure.marker)
            requests =
                [.parse, .bind, .execute, .close].map { Request($0, answer: .hide) }
                + [Request(.execute, answer: .replace(error), script: script)]
        default:
            bytes = MessageBytes.execute(RequestFailure.marker)
            requests = [Request(.execute, answer: .replace(error), script: script)]
        }
    }
}
