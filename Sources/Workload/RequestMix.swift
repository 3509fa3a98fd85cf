import SeededRandom

/// Draws requests in the proportions of a named mix. The same seed gives the same requests.
public struct RequestMix: Sendable {
    private let writes: Double
    private let reads: Bool
    /// Every read is of a hundred books: an answer of several packets.
    private let readsPages: Bool
    /// All requests are of few books, half of them of the first one.
    private let isHot: Bool
    private let keyPrefix: String
    private var generator: SeededGenerator
    private var count = 0

    /// - Parameters:
    ///   - name: `default`, `reads`, `writes`, `pages` or `hot`.
    ///   - writes: share of writes in `default`, `pages` and `hot`, 0…1.
    ///   - keyPrefix: begins every key, so that a run finds its own rows again.
    public init(name: String, writes: Double, keyPrefix: String, seed: UInt64) {
        self.writes = name == "reads" ? 0 : name == "writes" ? 1 : writes
        self.reads = name != "writes"
        readsPages = name == "pages"
        isHot = name == "hot"
        self.keyPrefix = keyPrefix
        self.generator = SeededGenerator(seed: seed)
    }

    /// Books in the reference service's catalogue.
    private static let books = 1...1000
    private static let authors = 1...100
    private static let hotBooks = 1...4

    public mutating func next() -> LoadRequest {
        count += 1
        if !reads || Double.random(in: 0..<1, using: &generator) < writes {
            return .order(
                key: "\(keyPrefix)-\(count)", book: book(),
                quantity: Int.random(in: 1...5, using: &generator))
        }
        if isHot { return .book(id: book()) }
        if readsPages { return .page(first: 100, offset: Int.random(in: 0...900, using: &generator)) }
        switch Double.random(in: 0..<1, using: &generator) {
        case ..<0.6: return .book(id: Int.random(in: RequestMix.books, using: &generator))
        case ..<0.8: return .page(first: 10, offset: Int.random(in: 0...900, using: &generator))
        case ..<0.95: return .author(id: Int.random(in: RequestMix.authors, using: &generator))
        default: return .bestsellers
        }
    }

    private mutating func book() -> Int {
        guard isHot else { return Int.random(in: RequestMix.books, using: &generator) }
        return Bool.random(using: &generator)
            ? RequestMix.hotBooks.lowerBound : Int.random(in: RequestMix.hotBooks, using: &generator)
    }
}
