import SeededRandom
import Testing

@testable import bookshop

@Suite struct GraphQLParserTests {
    @Test func shorthandQuery() throws {
        let document = try GraphQLParser.parse("{ a: book(id: 7, x: [1, {y: Z}]) { title } }")
        let operation = try #require(document.operations.first)
        #expect(operation.kind == .query && operation.name == nil)
        guard case .field(let field) = try #require(operation.selections.first) else {
            Issue.record("not a field")
            return
        }
        #expect(field.alias == "a" && field.name == "book")
        #expect(field.arguments[0].value == .int(7))
        #expect(
            field.arguments[1].value
                == .list([.int(1), .object([.init(name: "y", value: .enumeration("Z"))])]))
    }

    @Test func operationsVariablesAndFragments() throws {
        let document = try GraphQLParser.parse(
            """
            # a comment
            query A($n: Int! = 3, $l: [ID!]!, $s: String = "x\\u00e4") @d { ...F ... on Query { b } ... @skip(if: true) { c } }
            mutation B { placeOrder }
            fragment F on Query { a }
            """)
        #expect(document.operations.map(\.name) == ["A", "B"])
        #expect(document.operations[0].variables.map(\.isRequired) == [true, true, false])
        #expect(document.operations[0].variables[2].defaultValue == .string("xä"))
        #expect(document.fragments["F"]?.typeCondition == "Query")
    }

    @Test(arguments: [
        ("{", 1, 2), ("", 1, 1), ("{ }", 1, 3), ("{ a(", 1, 5), ("{\n  a(b: ) }", 2, 8), ("{ a(b: \"x) }", 1, 8),
        ("subscription { a }", 1, 1), ("{ a } }", 1, 7), ("query { a ..", 1, 11), ("{ a(b: 1x) }", 1, 9),
        ("query ($a: Int = $b) { a }", 1, 18), ("fragment on on Query { a }", 1, 13), ("{ a(b: \"\"\"x\"\"\") }", 1, 8),
        ("{ § }", 1, 3),
    ])
    func mistakesAreLocated(_ text: String, _ line: Int, _ column: Int) {
        let error = #expect(throws: GraphQLSyntaxError.self) { try GraphQLParser.parse(text) }
        #expect(error?.line == line && error?.column == column, "\(error.map { "\($0)" } ?? "")")
    }

    @Test func deepNestingIsRefused() {
        #expect(throws: GraphQLSyntaxError.self) {
            try GraphQLParser.parse(String(repeating: "{a", count: 50_000))
        }
        #expect(throws: GraphQLSyntaxError.self) {
            try GraphQLParser.parse("{a(b:" + String(repeating: "[", count: 50_000))
        }
        #expect(throws: GraphQLSyntaxError.self) {
            try GraphQLParser.parse("query($a:" + String(repeating: "[", count: 50_000))
        }
    }

    /// Nothing that a client sends may stop the process.
    @Test func garbageIsRefusedOrParsed() {
        var generator = SeededGenerator(seed: 3)
        let pieces = [
            "{", "}", "(", ")", "[", "]", ":", "$", "!", "@", "...", "on", "query", "mutation", "fragment", "a", "b1",
            "\"x\"", "\"", "\\", "1", "-", "1.5e3", "#", "\n", ",", " ", "é", "\u{0}", "=", "|", "true", "null",
        ]
        var parsed = 0
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...25, using: &generator)
            let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            if (try? GraphQLParser.parse("{a" + text)) != nil { parsed += 1 }
            if (try? GraphQLParser.parse(text)) != nil { parsed += 1 }
        }
        #expect(parsed > 0, "some of it is GraphQL")
    }
}
