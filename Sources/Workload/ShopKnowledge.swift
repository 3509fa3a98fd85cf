import Synchronization

/// What the load knows of the reference service's data, so that an answer that is well formed and wrong is found out.
///
/// Titles, prices and names follow from ids, as the migration makes them. Of each book it knows how many were ordered by
/// writes that were acknowledged: a later answer may tell more, for there are writes with an unknown outcome, never less.
public final class ShopKnowledge: Sendable {
    /// What was known at one moment.
    struct Snapshot: Sendable {
        let sold: [Int: Int]
    }

    /// Why an answer is not right.
    enum Fault: Hashable, Sendable {
        /// Not what the service was given.
        case wrong(String)
        /// It lacks a write that was acknowledged before the question was sent.
        case stale(String)
    }

    private let sold = Mutex<[Int: Int]>([:])

    public init() {}

    var snapshot: Snapshot { Snapshot(sold: sold.withLock { $0 }) }

    func acknowledged(book: Int, quantity: Int) {
        sold.withLock { $0[book, default: 0] += quantity }
    }
}

extension ShopKnowledge.Snapshot {
    /// Books and authors that the migration makes when it is not told otherwise.
    private static let authors = 100

    /// - Parameter value: of the answer's root field, as JSON.
    func fault(in value: Any, of field: String) -> ShopKnowledge.Fault? {
        let objects = value as? [[String: Any]] ?? (value as? [String: Any]).map { [$0] } ?? []
        for object in objects {
            let found: ShopKnowledge.Fault?
            switch field {
            case "book", "books": found = fault(inBook: object, sold: object["sold"])
            case "author": found = fault(inAuthor: object)
            case "bestsellers":
                found = (object["book"] as? [String: Any]).flatMap { fault(inBook: $0, sold: object["sold"]) }
            default: found = nil
            }
            if let found { return found }
        }
        return nil
    }

    private func fault(inBook book: [String: Any], sold: Any?) -> ShopKnowledge.Fault? {
        guard let id = number(book["id"]) else { return .wrong("a book without an id") }
        if let title = book["title"], title as? String != "Book \(id)" {
            return .wrong("book \(id) is called \"\(title)\"")
        }
        if let price = book["price"], number(price) != 500 + (id * 37) % 4500 {
            return .wrong("book \(id) costs \(price)")
        }
        if let author = book["author"] as? [String: Any] {
            guard number(author["id"]) == 1 + (id - 1) % Self.authors else {
                return .wrong("book \(id) has the author \(author["id"] ?? "nobody")")
            }
            if let fault = fault(inAuthor: author) { return fault }
        }
        guard let sold else { return nil }
        guard let count = number(sold) else { return .wrong("book \(id) was sold \(sold) times") }
        let least = self.sold[id] ?? 0
        return count < least
            ? .stale("book \(id): \(count) sold, where orders of \(least) were acknowledged before") : nil
    }

    private func fault(inAuthor author: [String: Any]) -> ShopKnowledge.Fault? {
        guard let id = number(author["id"]) else { return .wrong("an author without an id") }
        if let name = author["name"], name as? String != "Author \(id)" {
            return .wrong("author \(id) is called \"\(name)\"")
        }
        for book in author["books"] as? [[String: Any]] ?? [] {
            if let fault = fault(inBook: book, sold: nil) { return fault }
        }
        return nil
    }

    private func number(_ value: Any?) -> Int? { value.flatMap { $0 as? Int ?? Int("\($0)") } }
}
