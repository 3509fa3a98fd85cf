import Engine
import LinuxSystem
import Postgres

/// What is done to one page of an index's file while the server is down.
struct IndexDamage: Sendable {
    enum Kind: String, CaseIterable, Sendable {
        /// An entry has another key, mostly a neighbour's, so that the order stays right.
        case keyFlip = "key-flip"
        /// An entry leads to another row.
        case tidRedirect = "tid-redirect"
        /// A leaf's parent leads to the leaf's right neighbour instead: what comes from above never meets it.
        case lostDownlink = "lost-downlink"
        /// A leaf of zero bytes, as a file that was extended and never written.
        case pageZeroed = "page-zeroed"
        /// A leaf whose first 4 KiB are another leaf's, as one whose write was cut off.
        case pageTorn = "page-torn"
        /// A leaf whose checksum is wrong.
        case checksum

        /// Whether nothing else is sure to notice.
        var needsChecksums: Bool { self == .pageTorn || self == .checksum }
    }

    let kind: Kind
    /// Entries whose rows the server shows, the best first.
    let entries: [IndexEntry]
    let keyForm: KeyForm

    /// The page as it is to be.
    struct Page: Sendable {
        let block: UInt32
        let bytes: [UInt8]
    }

    func apply(to path: String) throws {
        let page = try page(in: path)
        let file = try BTreeFile(path, isWritable: true)
        try file.replace(page.block, with: page.bytes)
    }

    /// What the damage is in the file as it is now.
    /// - Throws: `FaultError` when the index has nothing that could be damaged so.
    func page(in path: String) throws -> Page {
        let file = try BTreeFile(path, isWritable: false)
        switch kind {
        case .lostDownlink:
            return try lostDownlink(in: file)
        case .keyFlip:
            var (page, entry) = try leaf(in: file) { page, entry in
                try page.keyByte(of: entry.item, keyForm) != nil
            }
            try page.flipKey(of: entry.item, keyForm)
            return sealed(page, entry.block)
        case .tidRedirect:
            var (page, entry) = try leaf(in: file)
            guard let other = entries.first(where: { $0.row != entry.row }) else {
                throw FaultError("tid-redirect: the index needs entries of two rows at least")
            }
            try page.redirect(entry.item, to: other.row)
            return sealed(page, entry.block)
        case .pageZeroed:
            let (_, entry) = try leaf(in: file)
            return Page(block: entry.block, bytes: [UInt8](repeating: 0, count: DataPage.size))
        case .pageTorn:
            let (page, entry) = try leaf(in: file)
            guard let other = entries.first(where: { $0.block != entry.block }) else {
                throw FaultError("page-torn: the index needs two leaves at least")
            }
            let half = DataPage.size / 2
            return Page(
                block: entry.block,
                bytes: Array(try file.page(other.block).page.bytes[..<half] + page.page.bytes[half...]))
        case .checksum:
            var (page, entry) = try leaf(in: file)
            var data = page.page
            data.storedChecksum ^= 1
            page = try BTreePage(data)
            return Page(block: entry.block, bytes: page.page.bytes)
        }
    }

    /// The leaf of the first entry that is still what it was when its row was looked at.
    private func leaf(
        in file: borrowing BTreeFile, where isFit: (BTreePage, IndexEntry) throws -> Bool = { _, _ in true }
    ) throws -> (BTreePage, IndexEntry) {
        for entry in entries {
            let page = try file.page(entry.block)
            guard page.isSoundLeaf, page.items.contains(entry.item), try page.row(of: entry.item) == entry.row,
                try isFit(page, entry)
            else { continue }
            return (page, entry)
        }
        throw FaultError(
            "\(kind.rawValue): no entry of the index was found that stands for a single row that is there: fill the "
                + "table, or choose an index with fewer duplicates")
    }

    /// The first leaf of a parent is left alone, as amcheck finds its way by it; the last has no neighbour there.
    private func lostDownlink(in file: borrowing BTreeFile) throws -> Page {
        let root = try file.root()
        guard root.level > 0 else {
            throw FaultError(
                "lost-downlink: the index has a single level, so that no page leads to its only leaf: fill the table")
        }
        var block = root.block
        var page = try file.page(block)
        while page.isSoundBranch {
            let items = Array(page.items)
            let middle = items[items.count / 2]
            guard page.level == 1 else {
                block = try page.downlink(of: middle)
                let child = try file.page(block)
                // Each step leads one level down, or the file is no tree.
                guard child.level + 1 == page.level else { break }
                page = child
                continue
            }
            guard items.count >= 3 else {
                throw FaultError("lost-downlink: the index has \(items.count) leaves, it needs three: fill it")
            }
            let item = min(middle, items[items.count - 2])
            try page.setDownlink(of: item, to: try page.downlink(of: item + 1))
            return sealed(page, block)
        }
        throw FaultError("lost-downlink: block \(block) is in the middle of a split or a deletion: try again")
    }

    /// The page with the checksum that it should have.
    private func sealed(_ page: BTreePage, _ block: UInt32) -> Page {
        var data = page.page
        // A cluster without checksums keeps 0 there, and does not look.
        if data.storedChecksum != 0 { data.storedChecksum = data.checksum(block: block) }
        return Page(block: block, bytes: data.bytes)
    }
}
