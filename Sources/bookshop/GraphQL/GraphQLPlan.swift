/// An operation checked against the schema: variables filled in, fragments expanded, doubled fields merged.
struct GraphQLPlan: Sendable, Equatable {
    /// A value of an argument, of the type that the schema asks for.
    enum Argument: Sendable, Equatable {
        case int(Int64)
        case text(String)
    }

    struct Field: Sendable, Equatable {
        /// The alias, or the name.
        let responseKey: String
        let name: String
        let type: GraphQLSchema.ObjectType?
        let isNullable: Bool
        let arguments: [String: Argument]
        var selections: [Field]

        func int(_ name: String) -> Int64 {
            guard case .int(let value) = arguments[name] else {
                preconditionFailure("the schema has no Int argument \(name) at \(self.name)")
            }
            return value
        }

        func text(_ name: String) -> String {
            guard case .text(let value) = arguments[name] else {
                preconditionFailure("the schema has no text argument \(name) at \(self.name)")
            }
            return value
        }

        /// The field without its own response key: equal for requests that have the same answer.
        var canonical: String {
            var text = name
            if !arguments.isEmpty {
                text += "("
                for (name, value) in arguments.sorted(by: { $0.key < $1.key }) {
                    switch value {
                    case .int(let value): text += "\(name):\(value),"
                    // The length keeps two texts from running into each other.
                    case .text(let value): text += "\(name):\(value.utf8.count)\"\(value)\","
                    }
                }
                text += ")"
            }
            if !selections.isEmpty {
                text += "{"
                for selection in selections { text += "\(selection.responseKey):\(selection.canonical) " }
                text += "}"
            }
            return text
        }
    }

    let kind: GraphQLDocument.OperationKind
    let fields: [Field]

    /// A label for metrics, from a small fixed set.
    var label: String {
        fields.count == 1 ? fields[0].name : "multiple"
    }
}
