/// The body of a GraphQL request over HTTP.
struct GraphQLRequest: Sendable, Equatable {
    let query: String
    let operationName: String?
    let variables: GraphQLValue?

    /// - Throws: `BAD_REQUEST` when the body is not JSON or not a GraphQL request.
    init(body: [UInt8]) throws(ServiceError) {
        let value: GraphQLValue
        do throws(JSONReader.Failure) {
            value = try JSONReader.read(body)
        } catch {
            throw ServiceError(.badRequest, "the body is not JSON: \(error.message) at byte \(error.offset)")
        }
        guard case .object = value, case .string(let query) = value["query"] else {
            throw ServiceError(.badRequest, "the body must be a JSON object with a text \"query\"")
        }
        switch value["operationName"] {
        case .string(let name): operationName = name
        case nil, .null: operationName = nil
        default: throw ServiceError(.badRequest, "\"operationName\" must be a text")
        }
        switch value["variables"] {
        case .object(let fields): variables = .object(fields)
        case nil, .null: variables = nil
        default: throw ServiceError(.badRequest, "\"variables\" must be an object")
        }
        self.query = query
    }
}
