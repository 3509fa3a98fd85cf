/// Turns records into the JSON that a plan asks for, level by level: each nested field is loaded with one statement
/// for all records of its parent.
struct ShopResolver: Sendable {
    typealias Fields = [GraphQLPlan.Field]
    typealias JSON = [UInt8]

    let statements: ShopStatements

    func books(_ records: [BookRecord], _ fields: Fields) async throws(ServiceError) -> [JSON] {
        var nested: [String: [String: JSON]] = [:]
        for field in fields {
            switch field.name {
            case "author":
                nested[field.responseKey] = try await authors(
                    ids: Set(records.map(\.authorID)), field.selections)
            case "reviews":
                nested[field.responseKey] = try await reviews(
                    books: Set(records.map(\.id)), first: field.int("first"), field.selections)
            default: continue
            }
        }
        let isSoldAsked = fields.contains { $0.name == "sold" } && !records.isEmpty
        let sold = isSoldAsked ? try await statements.sold(books: Set(records.map(\.id))) : [:]
        return records.map { record in
            object(fields) { field, json in
                switch field.name {
                case "id": json.string(record.id)
                case "sold": json.number(sold[record.id] ?? "0")
                case "title": json.string(record.title)
                case "price": json.number(record.price)
                case "author": json.raw(nested[field.responseKey]?[record.authorID] ?? Self.null)
                case "reviews": json.raw(nested[field.responseKey]?[record.id] ?? Self.emptyList)
                default: json.raw("\"Book\"")
                }
            }
        }
    }

    func authors(_ records: [AuthorRecord], _ fields: Fields) async throws(ServiceError) -> [JSON] {
        var nested: [String: [String: JSON]] = [:]
        for field in fields where field.name == "books" {
            let books = try await statements.books(authors: Set(records.map(\.id)))
            nested[field.responseKey] = lists(
                zip(books.map(\.authorID), try await self.books(books, field.selections)))
        }
        return records.map { record in
            object(fields) { field, json in
                switch field.name {
                case "id": json.string(record.id)
                case "name": json.string(record.name)
                case "books": json.raw(nested[field.responseKey]?[record.id] ?? Self.emptyList)
                default: json.raw("\"Author\"")
                }
            }
        }
    }

    func reviews(_ records: [ReviewRecord], _ fields: Fields) -> [JSON] {
        records.map { record in
            object(fields) { field, json in
                switch field.name {
                case "id": json.string(record.id)
                case "rating": json.number(record.rating)
                case "body": json.string(record.body)
                default: json.raw("\"Review\"")
                }
            }
        }
    }

    func orders(_ records: [OrderRecord], _ fields: Fields) async throws(ServiceError) -> [JSON] {
        let nested = try await nestedBooks(Set(records.map(\.bookID)), fields)
        return records.map { record in
            object(fields) { field, json in
                switch field.name {
                case "key": json.string(record.key)
                case "quantity": json.number(record.quantity)
                case "placedAt": json.string(record.placedAt)
                case "book": json.raw(nested[field.responseKey]?[record.bookID] ?? Self.null)
                default: json.raw("\"Order\"")
                }
            }
        }
    }

    func bestsellers(_ records: [BestsellerRecord], _ fields: Fields) async throws(ServiceError) -> [JSON] {
        let nested = try await nestedBooks(Set(records.map(\.bookID)), fields)
        return records.map { record in
            object(fields) { field, json in
                switch field.name {
                case "sold": json.number(record.sold)
                case "book": json.raw(nested[field.responseKey]?[record.bookID] ?? Self.null)
                default: json.raw("\"Bestseller\"")
                }
            }
        }
    }

    /// A JSON list.
    func list(_ elements: [JSON]) -> JSON {
        var json = JSONWriter(reservingCapacity: elements.reduce(2) { $0 + $1.count + 1 })
        var isFirst = true
        json.raw("[")
        for element in elements {
            json.separator(isFirst: &isFirst)
            json.raw(element)
        }
        json.raw("]")
        return json.bytes
    }

    static let null = Array("null".utf8)
    private static let emptyList = Array("[]".utf8)

    // MARK: Nested loads

    private func authors(ids: Set<String>, _ fields: Fields) async throws(ServiceError) -> [String: JSON] {
        guard !ids.isEmpty else { return [:] }
        let records = try await statements.authors(ids: ids)
        return dictionary(records.map(\.id), try await authors(records, fields))
    }

    private func reviews(
        books: Set<String>, first: Int64, _ fields: Fields
    ) async throws(ServiceError) -> [String: JSON] {
        guard !books.isEmpty else { return [:] }
        let records = try await statements.reviews(books: books, first: first)
        return lists(zip(records.map(\.bookID), reviews(records, fields)))
    }

    private func nestedBooks(_ ids: Set<String>, _ fields: Fields) async throws(ServiceError) -> [String: [String:
        JSON]]
    {
        var nested: [String: [String: JSON]] = [:]
        for field in fields where field.name == "book" && !ids.isEmpty {
            let records = try await statements.books(ids: ids)
            nested[field.responseKey] = dictionary(records.map(\.id), try await books(records, field.selections))
        }
        return nested
    }

    private func dictionary(_ keys: [String], _ values: [JSON]) -> [String: JSON] {
        Dictionary(zip(keys, values)) { first, _ in first }
    }

    private func lists(_ elements: some Sequence<(String, JSON)>) -> [String: JSON] {
        Dictionary(grouping: elements, by: \.0).mapValues { list($0.map(\.1)) }
    }

    private func object(_ fields: Fields, _ write: (GraphQLPlan.Field, inout JSONWriter) -> Void) -> JSON {
        var json = JSONWriter()
        var isFirst = true
        json.raw("{")
        for field in fields {
            json.key(field.responseKey, isFirst: &isFirst)
            write(field, &json)
        }
        json.raw("}")
        return json.bytes
    }
}
