/// A part of the shop's data that answers depend on and writes change.
enum CacheTag: Sendable, Hashable {
    case ordersOf(book: Int64)
    case orders
    case reviewsOf(book: Int64)
    case reviews

    /// What the answer of a root field depends on and a write can change: titles, prices and authors stay as they are.
    static func read(by field: GraphQLPlan.Field) -> Set<CacheTag> {
        var tags: Set<CacheTag> = []
        let book = field.name == "book" ? Int64(field.text("id")) : nil
        for selection in field.selections {
            switch selection.name {
            case "sold": tags.insert(book.map { .ordersOf(book: $0) } ?? .orders)
            case "reviews": tags.insert(book.map { .reviewsOf(book: $0) } ?? .reviews)
            // Further in it may be any book's.
            default: tags.formUnion(anywhere(in: selection.selections))
            }
        }
        // Which books they are depends on all orders, whatever is asked of them.
        if field.name == "bestsellers" { tags.insert(.orders) }
        return tags
    }

    private static func anywhere(in selections: [GraphQLPlan.Field]) -> Set<CacheTag> {
        var tags: Set<CacheTag> = []
        for selection in selections {
            switch selection.name {
            case "sold": tags.insert(.orders)
            case "reviews": tags.insert(.reviews)
            default: tags.formUnion(anywhere(in: selection.selections))
            }
        }
        return tags
    }

    /// What a mutation may change.
    static func written(by field: GraphQLPlan.Field) -> Set<CacheTag> {
        switch field.name {
        case "placeOrder": tags(of: field, all: .orders) { .ordersOf(book: $0) }
        case "addReview": tags(of: field, all: .reviews) { .reviewsOf(book: $0) }
        default: []
        }
    }

    private static func tags(
        of field: GraphQLPlan.Field, all: CacheTag, _ one: (Int64) -> CacheTag
    ) -> Set<CacheTag> {
        Int64(field.text("book")).map { [all, one($0)] } ?? [all]
    }
}
