/// Parses the executable part of GraphQL: queries, mutations and fragments. Subscriptions, block strings and type
/// definitions are refused.
struct GraphQLParser {
    private static let maximumDepth = 32

    private var lexer: GraphQLLexer
    private var token = GraphQLLexer.Token.end
    private var tokenStart = 0
    private var depth = 0

    static func parse(_ source: String) throws(GraphQLSyntaxError) -> GraphQLDocument {
        var parser = GraphQLParser(lexer: GraphQLLexer(Array(source.utf8)))
        return try parser.document()
    }

    private init(lexer: GraphQLLexer) {
        self.lexer = lexer
    }

    // MARK: Tokens

    private mutating func advance() throws(GraphQLSyntaxError) {
        token = try lexer.next()
        tokenStart = lexer.tokenStart
    }

    private func failure(_ message: String) -> GraphQLSyntaxError {
        lexer.failure(message, at: tokenStart)
    }

    private mutating func accept(_ punctuator: Character) throws(GraphQLSyntaxError) -> Bool {
        guard token == .punctuator(punctuator) else { return false }
        try advance()
        return true
    }

    private mutating func expect(_ punctuator: Character) throws(GraphQLSyntaxError) {
        guard try accept(punctuator) else { throw failure("expected '\(punctuator)'") }
    }

    private mutating func name() throws(GraphQLSyntaxError) -> String {
        guard case .name(let name) = token else { throw failure("expected a name") }
        try advance()
        return name
    }

    private mutating func nested<Value>(
        _ body: (inout GraphQLParser) throws(GraphQLSyntaxError) -> Value
    ) throws(GraphQLSyntaxError) -> Value {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw failure("nested deeper than \(Self.maximumDepth) levels") }
        return try body(&self)
    }

    // MARK: Document

    private mutating func document() throws(GraphQLSyntaxError) -> GraphQLDocument {
        var document = GraphQLDocument()
        try advance()
        while token != .end {
            switch token {
            case .punctuator("{"):
                document.operations.append(
                    .init(kind: .query, name: nil, variables: [], selections: try selections()))
            case .name("query"):
                document.operations.append(try operation(.query))
            case .name("mutation"):
                document.operations.append(try operation(.mutation))
            case .name("fragment"):
                let fragment = try fragment()
                guard document.fragments.updateValue(fragment, forKey: fragment.name) == nil else {
                    throw failure("the fragment \(fragment.name) is defined twice")
                }
            case .name("subscription"):
                throw failure("subscriptions are not supported")
            default:
                throw failure("expected a query, a mutation or a fragment")
            }
        }
        guard !document.operations.isEmpty else { throw failure("the document has no operation") }
        return document
    }

    private mutating func operation(
        _ kind: GraphQLDocument.OperationKind
    ) throws(GraphQLSyntaxError) -> GraphQLDocument.Operation {
        try advance()
        var operationName: String?
        if case .name(let name) = token {
            operationName = name
            try advance()
        }
        var variables: [GraphQLDocument.Variable] = []
        if try accept("(") {
            repeat { variables.append(try variable()) } while try !accept(")")
        }
        _ = try directives()
        return .init(kind: kind, name: operationName, variables: variables, selections: try selections())
    }

    private mutating func variable() throws(GraphQLSyntaxError) -> GraphQLDocument.Variable {
        try expect("$")
        let variableName = try name()
        try expect(":")
        let isRequired = try type()
        var defaultValue: GraphQLValue?
        if try accept("=") { defaultValue = try value(isConstant: true) }
        _ = try directives()
        return .init(name: variableName, isRequired: isRequired, defaultValue: defaultValue)
    }

    /// Only whether a type may be null matters: values are checked against the arguments they are used for.
    private mutating func type() throws(GraphQLSyntaxError) -> Bool {
        if try accept("[") {
            _ = try nested { parser throws(GraphQLSyntaxError) in try parser.type() }
            try expect("]")
        } else {
            _ = try name()
        }
        return try accept("!")
    }

    private mutating func fragment() throws(GraphQLSyntaxError) -> GraphQLDocument.Fragment {
        try advance()
        let fragmentName = try name()
        guard fragmentName != "on" else { throw failure("a fragment cannot be named 'on'") }
        guard try name() == "on" else { throw failure("expected 'on'") }
        let typeCondition = try name()
        _ = try directives()
        return .init(name: fragmentName, typeCondition: typeCondition, selections: try selections())
    }

    // MARK: Selections

    private mutating func selections() throws(GraphQLSyntaxError) -> [GraphQLDocument.Selection] {
        try expect("{")
        return try nested { parser throws(GraphQLSyntaxError) in
            var selections: [GraphQLDocument.Selection] = []
            repeat { selections.append(try parser.selection()) } while try !parser.accept("}")
            return selections
        }
    }

    private mutating func selection() throws(GraphQLSyntaxError) -> GraphQLDocument.Selection {
        guard token == .spread else { return .field(try field()) }
        try advance()
        if case .name(let fragmentName) = token, fragmentName != "on" {
            try advance()
            return .spread(fragmentName, try directives())
        }
        var typeCondition: String?
        if token == .name("on") {
            try advance()
            typeCondition = try name()
        }
        let directives = try directives()
        return .inline(typeCondition: typeCondition, directives, try selections())
    }

    private mutating func field() throws(GraphQLSyntaxError) -> GraphQLDocument.Field {
        var fieldName = try name()
        var alias: String?
        if try accept(":") {
            alias = fieldName
            fieldName = try name()
        }
        let arguments = try arguments()
        let directives = try directives()
        let hasSelections = token == .punctuator("{")
        return .init(
            alias: alias, name: fieldName, arguments: arguments, directives: directives,
            selections: hasSelections ? try selections() : [])
    }

    private mutating func arguments() throws(GraphQLSyntaxError) -> [GraphQLDocument.Argument] {
        guard try accept("(") else { return [] }
        var arguments: [GraphQLDocument.Argument] = []
        repeat {
            let argumentName = try name()
            try expect(":")
            arguments.append(.init(name: argumentName, value: try value(isConstant: false)))
        } while try !accept(")")
        return arguments
    }

    private mutating func directives() throws(GraphQLSyntaxError) -> [GraphQLDocument.Directive] {
        var directives: [GraphQLDocument.Directive] = []
        while try accept("@") {
            directives.append(.init(name: try name(), arguments: try arguments()))
        }
        return directives
    }

    // MARK: Values

    private mutating func value(isConstant: Bool) throws(GraphQLSyntaxError) -> GraphQLValue {
        switch token {
        case .int(let value): return try leaf(.int(value))
        case .float(let value): return try leaf(.float(value))
        case .string(let value): return try leaf(.string(value))
        case .name("true"): return try leaf(.boolean(true))
        case .name("false"): return try leaf(.boolean(false))
        case .name("null"): return try leaf(.null)
        case .name(let name): return try leaf(.enumeration(name))
        case .punctuator("$") where !isConstant:
            try advance()
            return .variable(try name())
        case .punctuator("["):
            try advance()
            return try nested { parser throws(GraphQLSyntaxError) in
                var elements: [GraphQLValue] = []
                while try !parser.accept("]") { elements.append(try parser.value(isConstant: isConstant)) }
                return .list(elements)
            }
        case .punctuator("{"):
            try advance()
            return try nested { parser throws(GraphQLSyntaxError) in
                var fields: [GraphQLValue.Field] = []
                while try !parser.accept("}") {
                    let fieldName = try parser.name()
                    try parser.expect(":")
                    fields.append(.init(name: fieldName, value: try parser.value(isConstant: isConstant)))
                }
                return .object(fields)
            }
        default:
            throw failure("expected a value")
        }
    }

    private mutating func leaf(_ value: GraphQLValue) throws(GraphQLSyntaxError) -> GraphQLValue {
        try advance()
        return value
    }
}
