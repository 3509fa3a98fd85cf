import Foundation

/// A request of the load as a GraphQL document, and what a right answer must contain.
struct GraphQLQuestion: Sendable {
    let body: [UInt8]
    /// The root field of the answer.
    let field: String
    /// The value that the answer's `id` or `key` must have, as the service would print it.
    let expected: String?
    let isWrite: Bool

    /// What a right answer must fit; nil where the data are not known.
    let known: ShopKnowledge.Snapshot?

    /// - Parameter known: of the reference service with the data of its own migration; only that is asked how many of a
    ///   book were sold.
    init(_ request: LoadRequest, knowing known: ShopKnowledge.Snapshot? = nil) {
        self.known = known
        let document: String
        switch request {
        case .book(let id):
            let sold = known == nil ? "" : "sold "
            document = "{ book(id: \(id)) { id title price \(sold)author { id name } reviews(first: 3) { rating } } }"
            (field, expected, isWrite) = ("book", String(id), false)
        case .page(let first, let offset):
            document = "{ books(first: \(first), offset: \(offset)) { id title price } }"
            (field, expected, isWrite) = ("books", nil, false)
        case .author(let id):
            document = "{ author(id: \(id)) { id name books { id title } } }"
            (field, expected, isWrite) = ("author", String(id), false)
        case .bestsellers:
            document = "{ bestsellers(limit: 10) { sold book { id title } } }"
            (field, expected, isWrite) = ("bestsellers", nil, false)
        case .order(let key, let book, let quantity):
            document = "mutation { placeOrder(key: \"\(key)\", book: \(book), quantity: \(quantity)) { key quantity } }"
            (field, expected, isWrite) = ("placeOrder", key, true)
        }
        // Keys have no character that JSON or GraphQL would escape, so only the quotes need a backslash.
        body = Array("{\"query\":\"\(document.replacingOccurrences(of: "\"", with: "\\\""))\"}".utf8)
    }
}
