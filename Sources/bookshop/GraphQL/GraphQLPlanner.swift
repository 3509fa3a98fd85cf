/// Checks an operation against the schema and makes the plan of its execution.
struct GraphQLPlanner {
    /// A request that is GraphQL but does not fit the schema.
    struct Failure: Error, Sendable, Equatable {
        let message: String
    }

    /// A document can ask for more than its size: every spread of a fragment is a copy.
    private static let maximumFields = 1000

    private let document: GraphQLDocument
    private let variables: [String: GraphQLValue]
    private var plannedFields = 0

    /// - Parameters:
    ///   - operationName: may be `nil` when the document has one operation.
    ///   - variables: an object, `.null` or `nil`.
    static func plan(
        _ document: GraphQLDocument, operationName: String?, variables: GraphQLValue?
    ) throws(Failure) -> GraphQLPlan {
        let operation = try select(operationName, in: document)
        var planner = GraphQLPlanner(
            document: document, variables: try values(of: operation.variables, given: variables))
        let type: GraphQLSchema.ObjectType = operation.kind == .query ? .query : .mutation
        let fields = try planner.fields(operation.selections, of: type, spreads: [])
        guard !fields.isEmpty else { throw Failure(message: "the operation selects nothing") }
        return GraphQLPlan(kind: operation.kind, fields: fields)
    }

    private init(document: GraphQLDocument, variables: [String: GraphQLValue]) {
        self.document = document
        self.variables = variables
    }

    private static func select(
        _ name: String?, in document: GraphQLDocument
    ) throws(Failure) -> GraphQLDocument.Operation {
        if let name {
            guard let operation = document.operations.first(where: { $0.name == name }) else {
                throw Failure(message: "the document has no operation named \(name)")
            }
            return operation
        }
        guard document.operations.count == 1 else {
            throw Failure(message: "operationName is needed: the document has \(document.operations.count) operations")
        }
        return document.operations[0]
    }

    private static func values(
        of definitions: [GraphQLDocument.Variable], given: GraphQLValue?
    ) throws(Failure) -> [String: GraphQLValue] {
        var values: [String: GraphQLValue] = [:]
        for definition in definitions {
            let value = given?[definition.name] ?? definition.defaultValue
            if definition.isRequired, value == nil || value == .null {
                throw Failure(message: "the variable $\(definition.name) needs a value")
            }
            // An absent value of a nullable variable leaves the argument to its default.
            values[definition.name] = value ?? .null
        }
        return values
    }

    // MARK: Selections

    private mutating func fields(
        _ selections: [GraphQLDocument.Selection], of type: GraphQLSchema.ObjectType, spreads: Set<String>
    ) throws(Failure) -> [GraphQLPlan.Field] {
        var merged: [GraphQLPlan.Field] = []
        for selection in selections {
            for field in try expand(selection, of: type, spreads: spreads) {
                try Self.merge(field, into: &merged)
            }
        }
        return merged
    }

    private mutating func expand(
        _ selection: GraphQLDocument.Selection, of type: GraphQLSchema.ObjectType, spreads: Set<String>
    ) throws(Failure) -> [GraphQLPlan.Field] {
        switch selection {
        case .field(let field):
            guard try isIncluded(field.directives) else { return [] }
            return [try plan(field, of: type, spreads: spreads)]
        case .inline(let typeCondition, let directives, let selections):
            guard try isIncluded(directives), typeCondition == nil || typeCondition == type.rawValue else { return [] }
            return try fields(selections, of: type, spreads: spreads)
        case .spread(let name, let directives):
            guard let fragment = document.fragments[name] else { throw Failure(message: "unknown fragment \(name)") }
            guard !spreads.contains(name) else { throw Failure(message: "the fragment \(name) contains itself") }
            guard try isIncluded(directives), fragment.typeCondition == type.rawValue else { return [] }
            return try fields(fragment.selections, of: type, spreads: spreads.union([name]))
        }
    }

    private mutating func plan(
        _ field: GraphQLDocument.Field, of type: GraphQLSchema.ObjectType, spreads: Set<String>
    ) throws(Failure) -> GraphQLPlan.Field {
        guard let definition = GraphQLSchema.field(field.name, of: type) else {
            throw Failure(message: "\(type.rawValue) has no field \(field.name)")
        }
        plannedFields += 1
        guard plannedFields <= Self.maximumFields else {
            throw Failure(message: "the operation selects more than \(Self.maximumFields) fields")
        }
        var selections: [GraphQLPlan.Field] = []
        if let type = definition.type {
            selections = try fields(field.selections, of: type, spreads: spreads)
            guard !selections.isEmpty else {
                throw Failure(message: "\(field.name) is a \(type.rawValue): select some of its fields")
            }
        } else if !field.selections.isEmpty {
            throw Failure(message: "\(field.name) has no fields to select")
        }
        return GraphQLPlan.Field(
            responseKey: field.alias ?? field.name, name: field.name, type: definition.type,
            isNullable: definition.isNullable, arguments: try arguments(field, definition), selections: selections)
    }

    private static func merge(
        _ field: GraphQLPlan.Field, into fields: inout [GraphQLPlan.Field]
    ) throws(Failure) {
        guard let index = fields.firstIndex(where: { $0.responseKey == field.responseKey }) else {
            fields.append(field)
            return
        }
        guard fields[index].name == field.name, fields[index].arguments == field.arguments else {
            throw Failure(message: "\(field.responseKey) is asked for twice in different ways: use an alias")
        }
        for selection in field.selections { try merge(selection, into: &fields[index].selections) }
    }

    private func isIncluded(_ directives: [GraphQLDocument.Directive]) throws(Failure) -> Bool {
        for directive in directives {
            guard directive.name == "include" || directive.name == "skip" else {
                throw Failure(message: "unknown directive @\(directive.name)")
            }
            guard let argument = directive.arguments.first(where: { $0.name == "if" }),
                case .boolean(let condition) = try resolve(argument.value)
            else { throw Failure(message: "@\(directive.name) needs a Boolean argument if") }
            if condition != (directive.name == "include") { return false }
        }
        return true
    }

    // MARK: Arguments

    private func arguments(
        _ field: GraphQLDocument.Field, _ definition: GraphQLSchema.Field
    ) throws(Failure) -> [String: GraphQLPlan.Argument] {
        for argument in field.arguments where !definition.arguments.contains(where: { $0.name == argument.name }) {
            throw Failure(message: "\(field.name) has no argument \(argument.name)")
        }
        var values: [String: GraphQLPlan.Argument] = [:]
        for argument in definition.arguments {
            let given = field.arguments.last { $0.name == argument.name }.map(\.value)
            let value = try given.map { value throws(Failure) in try resolve(value) } ?? .null
            guard value != .null else {
                guard let defaultValue = argument.defaultValue else {
                    throw Failure(message: "\(field.name) needs the argument \(argument.name)")
                }
                values[argument.name] = .int(defaultValue)
                continue
            }
            guard let coerced = Self.coerce(value, to: argument.type) else {
                throw Failure(
                    message: "\(field.name): the argument \(argument.name) must be \(argument.type.expectation)")
            }
            values[argument.name] = coerced
        }
        return values
    }

    private func resolve(_ value: GraphQLValue) throws(Failure) -> GraphQLValue {
        guard case .variable(let name) = value else { return value }
        guard let value = variables[name] else { throw Failure(message: "the variable $\(name) is not declared") }
        return value
    }

    private static func coerce(_ value: GraphQLValue, to type: GraphQLSchema.ArgumentType) -> GraphQLPlan.Argument? {
        switch (type, value) {
        case (.id, .string(let text)), (.string, .string(let text)): .text(text)
        case (.id, .int(let number)): .text("\(number)")
        case (.int(let range), .int(let number)): range.contains(number) ? .int(number) : nil
        default: nil
        }
    }
}

extension GraphQLSchema.ArgumentType {
    fileprivate var expectation: String {
        switch self {
        case .id: "an ID"
        case .string: "a String"
        case .int(let range): "an Int from \(range.lowerBound) to \(range.upperBound)"
        }
    }
}
