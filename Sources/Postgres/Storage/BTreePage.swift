/// One page of a B-tree index (PostgreSQL, access/nbtree.h): what leads to other pages and to rows.
public struct BTreePage: Hashable, Sendable {
    /// BTPageOpaqueData.
    private static let specialSize = 16

    private enum Flag {
        static let leaf: UInt16 = 1 << 0
        static let root: UInt16 = 1 << 1
        static let deleted: UInt16 = 1 << 2
        static let meta: UInt16 = 1 << 3
        static let halfDead: UInt16 = 1 << 4
        static let incompleteSplit: UInt16 = 1 << 7
    }

    /// INDEX_ALT_TID_MASK of `t_info`: the tuple's first six bytes are no row's address alone.
    private static let alternative: UInt16 = 0x2000
    /// The size in `t_info` (access/itup.h).
    private static let sizeMask: UInt16 = 0x1fff
    /// INDEX_NULL_MASK of `t_info`.
    private static let hasNulls: UInt16 = 0x8000

    public private(set) var page: DataPage
    /// 0 on leaves.
    public let level: UInt32
    private let flags: UInt16
    /// The right sibling; 0 for none.
    private let next: UInt32

    /// - Throws: when it is no page of a B-tree.
    public init(_ page: DataPage) throws(PageError) {
        self.page = page
        guard DataPage.size - page.special == BTreePage.specialSize else {
            throw PageError("a special space of \(DataPage.size - page.special) bytes is none of a B-tree's")
        }
        next = page.number(at: page.special + 4, of: UInt32.self)
        level = page.number(at: page.special + 8, of: UInt32.self)
        flags = page.number(at: page.special + 12, of: UInt16.self)
        guard isMeta || isLeaf == (level == 0) || flags & Flag.deleted != 0 else {
            throw PageError("level \(level) does not go with the flags \(flags)")
        }
    }

    var isMeta: Bool { flags & Flag.meta != 0 }
    private var isLeaf: Bool { flags & Flag.leaf != 0 }

    /// In use, and in no middle of a split or a deletion.
    private var isSound: Bool {
        flags & (Flag.meta | Flag.deleted | Flag.halfDead | Flag.incompleteSplit) == 0
    }

    public var isSoundLeaf: Bool { isSound && isLeaf }
    public var isSoundBranch: Bool { isSound && !isLeaf }

    /// Line pointers of the tuples; the first is the high key unless the page is its level's last (P_FIRSTDATAKEY).
    public var items: Range<Int> {
        let first = next == 0 ? 1 : 2
        return first..<max(first, page.itemCount + 1)
    }

    /// The tuple of a line pointer, of the size that it says itself.
    private func tuple(_ item: Int) throws(PageError) -> (bytes: Range<Int>, info: UInt16)? {
        guard let bytes = try page.item(item) else { return nil }
        guard bytes.count >= 8 else { throw PageError("the tuple \(item) has \(bytes.count) bytes") }
        let info = page.number(at: bytes.lowerBound + 6, of: UInt16.self)
        guard Int(info & BTreePage.sizeMask) <= bytes.count else { throw PageError("the tuple \(item) is cut short") }
        return (bytes, info)
    }

    // MARK: Leaves

    /// The row that a tuple of a leaf stands for.
    /// - Returns: nil for a dead tuple, and for one that stands for several rows (posting list).
    public func row(of item: Int) throws(PageError) -> RowAddress? {
        guard let (bytes, info) = try tuple(item), info & BTreePage.alternative == 0 else { return nil }
        // ip_blkid is two halves, the high one first.
        let high = UInt32(page.number(at: bytes.lowerBound, of: UInt16.self))
        let low = UInt32(page.number(at: bytes.lowerBound + 2, of: UInt16.self))
        return RowAddress(
            block: high << 16 | low, line: page.number(at: bytes.lowerBound + 4, of: UInt16.self))
    }

    /// Lets a tuple of a leaf lead to another row.
    public mutating func redirect(_ item: Int, to row: RowAddress) throws(PageError) {
        guard try self.row(of: item) != nil, let (bytes, _) = try tuple(item) else {
            throw PageError("the tuple \(item) leads to no single row")
        }
        put(block: row.block, at: bytes.lowerBound)
        page.put(row.line, at: bytes.lowerBound + 4)
    }

    /// The byte to change for another key; nil where there is none, as with NULL.
    public func keyByte(of item: Int, _ form: KeyForm) throws(PageError) -> Int? {
        guard let (bytes, info) = try tuple(item), info & BTreePage.alternative == 0 else { return nil }
        // Behind header and bitmap of NULLs, in which a set bit says that there is a value (access/itup.h).
        let isBitmapped = info & BTreePage.hasNulls != 0
        if isBitmapped, page.bytes[bytes.lowerBound + 8] & 1 == 0 { return nil }
        let start = bytes.lowerBound + (isBitmapped ? 16 : 8)
        let end = bytes.lowerBound + Int(info & BTreePage.sizeMask)
        guard start < end else { return nil }
        return form.leastByte(of: page.bytes[start..<end])
    }

    /// Makes another key of it.
    public mutating func flipKey(of item: Int, _ form: KeyForm) throws(PageError) {
        guard let byte = try keyByte(of: item, form) else { throw PageError("the tuple \(item) has no key to change") }
        page.flip(bit: 1, at: byte)
    }

    // MARK: Branches

    /// The page that a tuple of a branch leads to (BTreeTupleGetDownLink).
    public func downlink(of item: Int) throws(PageError) -> UInt32 {
        guard let (bytes, _) = try tuple(item) else { throw PageError("the downlink \(item) is dead") }
        return UInt32(page.number(at: bytes.lowerBound, of: UInt16.self)) << 16
            | UInt32(page.number(at: bytes.lowerBound + 2, of: UInt16.self))
    }

    /// Lets a tuple of a branch lead to another page.
    public mutating func setDownlink(of item: Int, to block: UInt32) throws(PageError) {
        guard let (bytes, _) = try tuple(item) else { throw PageError("the downlink \(item) is dead") }
        put(block: block, at: bytes.lowerBound)
    }

    private mutating func put(block: UInt32, at offset: Int) {
        page.put(UInt16(block >> 16), at: offset)
        page.put(UInt16(truncatingIfNeeded: block), at: offset + 2)
    }
}
