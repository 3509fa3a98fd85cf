/// The answer to a GraphQL request.
struct GraphQLResponse: Sendable {
    /// One entry of `errors`.
    struct Failure: Sendable, Equatable {
        let error: ServiceError
        /// The response key of the root field; empty for an error of the whole request.
        let path: [String]
    }

    /// JSON, or `nil` when the execution did not begin.
    let data: [UInt8]?
    let failures: [Failure]

    static func refused(_ error: ServiceError) -> GraphQLResponse {
        GraphQLResponse(data: nil, failures: [Failure(error: error, path: [])])
    }

    func encoded() -> [UInt8] {
        var json = JSONWriter(reservingCapacity: (data?.count ?? 0) + 64 + failures.count * 256)
        var isFirst = true
        json.raw("{")
        if let data {
            json.key("data", isFirst: &isFirst)
            json.raw(data)
        }
        if !failures.isEmpty {
            json.key("errors", isFirst: &isFirst)
            json.raw("[")
            var isFirstFailure = true
            for failure in failures {
                json.separator(isFirst: &isFirstFailure)
                Self.encode(failure, into: &json)
            }
            json.raw("]")
        }
        json.raw("}")
        return json.bytes
    }

    private static func encode(_ failure: Failure, into json: inout JSONWriter) {
        var isFirst = true
        json.raw("{")
        json.key("message", isFirst: &isFirst)
        json.string(failure.error.message)
        if !failure.path.isEmpty {
            json.key("path", isFirst: &isFirst)
            json.raw("[")
            var isFirstKey = true
            for key in failure.path {
                json.separator(isFirst: &isFirstKey)
                json.string(key)
            }
            json.raw("]")
        }
        json.key("extensions", isFirst: &isFirst)
        json.raw("{")
        var isFirstExtension = true
        json.key("code", isFirst: &isFirstExtension)
        json.string(failure.error.code.rawValue)
        if let sqlState = failure.error.sqlState {
            json.key("sqlstate", isFirst: &isFirstExtension)
            json.string(sqlState)
        }
        if let outcome = failure.error.outcome {
            json.key("outcome", isFirst: &isFirstExtension)
            json.string(outcome.rawValue)
        }
        json.raw("}}")
    }
}
