/// A value in a GraphQL document or a request's variables.
indirect enum GraphQLValue: Sendable, Equatable {
    struct Field: Sendable, Equatable {
        let name: String
        let value: GraphQLValue
    }

    case null
    case int(Int64)
    case float(Double)
    case string(String)
    case boolean(Bool)
    case enumeration(String)
    case list([GraphQLValue])
    case object([Field])
    /// Only in a document.
    case variable(String)

    /// The field of an object, the last one when the name was given twice.
    subscript(_ name: String) -> GraphQLValue? {
        guard case .object(let fields) = self else { return nil }
        return fields.last { $0.name == name }?.value
    }
}
