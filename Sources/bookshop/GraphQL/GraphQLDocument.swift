/// A parsed GraphQL document.
struct GraphQLDocument: Sendable, Equatable {
    enum OperationKind: String, Sendable {
        case query
        case mutation
    }

    struct Operation: Sendable, Equatable {
        let kind: OperationKind
        let name: String?
        let variables: [Variable]
        let selections: [Selection]
    }

    struct Variable: Sendable, Equatable {
        let name: String
        let isRequired: Bool
        let defaultValue: GraphQLValue?
    }

    struct Argument: Sendable, Equatable {
        let name: String
        let value: GraphQLValue
    }

    struct Directive: Sendable, Equatable {
        let name: String
        let arguments: [Argument]
    }

    struct Field: Sendable, Equatable {
        let alias: String?
        let name: String
        let arguments: [Argument]
        let directives: [Directive]
        let selections: [Selection]
    }

    struct Fragment: Sendable, Equatable {
        let name: String
        let typeCondition: String
        let selections: [Selection]
    }

    indirect enum Selection: Sendable, Equatable {
        case field(Field)
        case spread(String, [Directive])
        case inline(typeCondition: String?, [Directive], [Selection])
    }

    var operations: [Operation] = []
    var fragments: [String: Fragment] = [:]
}
