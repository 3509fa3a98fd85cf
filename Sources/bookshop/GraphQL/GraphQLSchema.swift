/// The types that a request is checked against.
///
/// ```graphql
/// type Query {
///   book(id: ID!): Book
///   books(first: Int = 10, offset: Int = 0): [Book!]!
///   author(id: ID!): Author
///   bestsellers(limit: Int = 10): [Bestseller!]!
///   order(key: ID!): Order
/// }
/// type Mutation {
///   placeOrder(key: ID!, book: ID!, quantity: Int!): Order!
///   addReview(book: ID!, rating: Int!, body: String!): Review!
/// }
/// type Book { id: ID! title: String! price: Int! sold: Int! author: Author! reviews(first: Int = 5): [Review!]! }
/// type Author { id: ID! name: String! books: [Book!]! }
/// type Review { id: ID! rating: Int! body: String! }
/// type Bestseller { book: Book! sold: Int! }
/// type Order { key: ID! book: Book! quantity: Int! placedAt: String! }
/// ```
/// `price` is in cents, `placedAt` is RFC 3339 in UTC.
enum GraphQLSchema {
    enum ObjectType: String, Sendable {
        case query = "Query"
        case mutation = "Mutation"
        case book = "Book"
        case author = "Author"
        case review = "Review"
        case bestseller = "Bestseller"
        case order = "Order"
    }

    enum ArgumentType: Sendable {
        case id
        /// With the values that are accepted.
        case int(ClosedRange<Int64>)
        case string
    }

    struct Argument: Sendable {
        let name: String
        let type: ArgumentType
        /// `nil` makes the argument required.
        let defaultValue: Int64?
    }

    struct Field: Sendable {
        let name: String
        var arguments: [Argument] = []
        /// `nil` for a leaf.
        var type: ObjectType?
        /// Whether an error at this field may be answered with null; otherwise the null moves up to `data`.
        var isNullable = false
    }

    static func field(_ name: String, of type: ObjectType) -> Field? {
        fields[type]?[name]
    }

    private static let page: ClosedRange<Int64> = 0...1000

    private static let fields: [ObjectType: [String: Field]] = [
        .query: named([
            Field(name: "book", arguments: [id("id")], type: .book, isNullable: true),
            Field(name: "books", arguments: [count("first", 10), int("offset", 0...1_000_000_000, 0)], type: .book),
            Field(name: "author", arguments: [id("id")], type: .author, isNullable: true),
            Field(name: "bestsellers", arguments: [count("limit", 10)], type: .bestseller),
            Field(name: "order", arguments: [id("key")], type: .order, isNullable: true),
        ]),
        .mutation: named([
            Field(
                name: "placeOrder", arguments: [id("key"), id("book"), int("quantity", 1...1_000_000)], type: .order),
            Field(
                name: "addReview",
                arguments: [
                    id("book"), int("rating", 1...5), Argument(name: "body", type: .string, defaultValue: nil),
                ],
                type: .review),
        ]),
        .book: named([
            Field(name: "id"), Field(name: "title"), Field(name: "price"), Field(name: "sold"),
            Field(name: "author", type: .author),
            Field(name: "reviews", arguments: [count("first", 5)], type: .review),
        ]),
        .author: named([Field(name: "id"), Field(name: "name"), Field(name: "books", type: .book)]),
        .review: named([Field(name: "id"), Field(name: "rating"), Field(name: "body")]),
        .bestseller: named([Field(name: "book", type: .book), Field(name: "sold")]),
        .order: named([
            Field(name: "key"), Field(name: "book", type: .book), Field(name: "quantity"), Field(name: "placedAt"),
        ]),
    ]

    private static func named(_ fields: [Field]) -> [String: Field] {
        let typename = Field(name: "__typename")
        return Dictionary((fields + [typename]).map { ($0.name, $0) }) { first, _ in first }
    }

    private static func id(_ name: String) -> Argument {
        Argument(name: name, type: .id, defaultValue: nil)
    }

    private static func int(_ name: String, _ range: ClosedRange<Int64>, _ defaultValue: Int64? = nil) -> Argument {
        Argument(name: name, type: .int(range), defaultValue: defaultValue)
    }

    private static func count(_ name: String, _ defaultValue: Int64) -> Argument {
        int(name, page, defaultValue)
    }
}
