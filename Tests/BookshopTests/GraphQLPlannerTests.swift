import Testing

@testable import bookshop

@Suite struct GraphQLPlannerTests {
    private func plan(
        _ query: String, _ variables: GraphQLValue? = nil, operation: String? = nil
    ) throws -> GraphQLPlan {
        try GraphQLPlanner.plan(
            try GraphQLParser.parse(query), operationName: operation, variables: variables)
    }

    private func failure(_ query: String, _ variables: GraphQLValue? = nil, operation: String? = nil) -> String? {
        do {
            _ = try plan(query, variables, operation: operation)
            return nil
        } catch let error as GraphQLPlanner.Failure {
            return error.message
        } catch {
            return "\(error)"
        }
    }

    @Test func defaultsAndVariables() throws {
        let plan = try plan(
            "query($n: Int, $o: Int = 5) { books(first: $n, offset: $o) { id } }", .object([]))
        #expect(plan.fields[0].int("first") == 10)
        #expect(plan.fields[0].int("offset") == 5)
        #expect(plan.label == "books")
    }

    @Test func identifiersMayBeNumbers() throws {
        #expect(try plan("{ book(id: 7) { id } }").fields[0].text("id") == "7")
        #expect(try plan("{ book(id: \"7\") { id } }").fields[0].text("id") == "7")
    }

    @Test func fragmentsAndDirectives() throws {
        let plan = try plan(
            """
            query($yes: Boolean = true) {
              ...Roots ... on Mutation { nonsense }
              ... @include(if: $yes) { order(key: "k") { key } }
              author(id: 1) @skip(if: true) { id }
            }
            fragment Roots on Query { book(id: 1) { title ...B } book(id: 1) { price } }
            fragment B on Book { author { name } }
            """)
        #expect(plan.fields.map(\.name) == ["book", "order"])
        #expect(plan.fields[0].selections.map(\.name) == ["title", "author", "price"])
        #expect(plan.label == "multiple")
    }

    @Test func theCanonicalFormSeparatesWhatDiffers() throws {
        func canonical(_ field: String) throws -> String { try plan("{ \(field) }").fields[0].canonical }
        #expect(try canonical("book(id: 1) { id }") == canonical("x: book(id: \"1\") { id }"))
        #expect(try canonical("book(id: 1) { id }") != canonical("book(id: 1) { title }"))
        #expect(try canonical("book(id: 1) { id }") != canonical("book(id: 1) { x: id }"))
        #expect(try canonical("book(id: 1) { id }") != canonical("book(id: 2) { id }"))
        #expect(
            try canonical("book(id: 1) { reviews { id } }") != canonical("book(id: 1) { reviews(first: 2) { id } }"))
        #expect(try canonical("order(key: \"a\\\",b\") { key }") != canonical("order(key: \"a\") { key }"))
    }

    @Test(arguments: [
        ("{ nope }", "Query has no field nope"),
        ("{ book { id } }", "book needs the argument id"),
        ("{ book(id: 1) }", "book is a Book: select some of its fields"),
        ("{ book(id: 1) { title { x } } }", "title has no fields to select"),
        ("{ book(id: 1, x: 2) { id } }", "book has no argument x"),
        ("{ book(id: true) { id } }", "book: the argument id must be an ID"),
        ("{ books(first: 1001) { id } }", "books: the argument first must be an Int from 0 to 1000"),
        ("{ books(first: -1) { id } }", "books: the argument first must be an Int from 0 to 1000"),
        ("{ books(first: $n) { id } }", "the variable $n is not declared"),
        ("query($n: Int!) { books(first: $n) { id } }", "the variable $n needs a value"),
        ("{ ...F }", "unknown fragment F"),
        ("{ ...F } fragment F on Query { ...F }", "the fragment F contains itself"),
        ("{ book(id: 1) { id } book(id: 2) { id } }", "book is asked for twice in different ways: use an alias"),
        ("{ book(id: 1) @defer { id } }", "unknown directive @defer"),
        ("{ book(id: 1) @skip { id } }", "@skip needs a Boolean argument if"),
        ("query A { __typename } query B { __typename }", "operationName is needed: the document has 2 operations"),
        (
            "mutation { placeOrder(key: \"k\", book: 1, quantity: 0) { key } }",
            "placeOrder: the argument quantity must be an Int from 1 to 1000000"
        ),
        (
            "mutation { addReview(book: 1, rating: 6, body: \"\") { id } }",
            "addReview: the argument rating must be an Int from 1 to 5"
        ),
    ])
    func mistakesAreExplained(_ query: String, _ message: String) {
        #expect(failure(query) == message)
    }

    @Test func anUnknownOperationName() {
        #expect(failure("query A { __typename }", operation: "B") == "the document has no operation named B")
    }

    @Test func fragmentsCannotMultiplyWithoutEnd() {
        var query = "{ book(id: 1) { ...F0 } }"
        for level in 0..<20 {
            query += " fragment F\(level) on Book { a: author { books { ...F\(level + 1) } } "
            query += "b: author { books { ...F\(level + 1) } } }"
        }
        query += " fragment F20 on Book { id }"
        #expect(failure(query) == "the operation selects more than 1000 fields")
    }
}
