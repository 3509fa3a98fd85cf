import LinuxSystem
import Postgres
import SeededRandom

/// An entry in a leaf of an index, and the row that it leads to.
struct IndexEntry: Hashable, Sendable {
    let block: UInt32
    let item: Int
    let row: RowAddress

    /// Of each leaf, how many, and how many leaves are looked at.
    private static let perLeaf = 8
    private static let leafLimit = 64

    /// Some entries of some leaves, chosen by the seed.
    static func choose(in path: String, seed: UInt64) throws -> [IndexEntry] {
        let file = try BTreeFile(path, isWritable: false)
        guard file.pageCount > 1 else { return [] }
        var random = SeededGenerator(seed: seed)
        var found: [IndexEntry] = []
        var leaves = 0
        // Block 0 is the metapage. From some page on: a shuffled list of all would be long.
        let count = file.pageCount - 1
        let first = UInt32.random(in: 0..<count, using: &random)
        for step in 0..<count where leaves < leafLimit {
            let block = 1 + (first + step) % count
            // What is no page of the tree, such as one that is still free, has no entries.
            guard let page = try? file.page(block), page.isSoundLeaf else { continue }
            let entries = page.items.shuffled(using: &random).lazy.compactMap { item -> IndexEntry? in
                guard let row = try? page.row(of: item) else { return nil }
                return IndexEntry(block: block, item: item, row: row)
            }
            found += entries.prefix(perLeaf)
            leaves += 1
        }
        return found
    }
}
