import Glibc
import LinuxSystem

/// The file of a B-tree index of at most 1 GiB, or the first segment of a larger one.
public struct BTreeFile: ~Copyable {
    /// BTMetaPageData of block 0 (access/nbtree.h).
    private static let magic: UInt32 = 0x053162

    private let file: OwnedDescriptor
    private let path: String
    /// How many whole pages it has.
    public let pageCount: UInt32

    /// - Throws: for a symbolic link too.
    public init(_ path: String, isWritable: Bool) throws(SystemError) {
        file = try OwnedDescriptor.open(path, (isWritable ? O_RDWR : O_RDONLY) | O_NOFOLLOW)
        self.path = path
        pageCount = UInt32(clamping: (SystemFile.size(of: path) ?? 0) / DataPage.size)
    }

    /// - Throws: when the file has no such page, or it is none of a B-tree's.
    public borrowing func page(_ block: UInt32) throws -> BTreePage {
        try checkBounds(block)
        do throws(PageError) {
            return try BTreePage(DataPage(try bytes(of: block)))
        } catch {
            throw PageError("block \(block) of \(path): \(error)")
        }
    }

    private borrowing func bytes(of block: UInt32) throws(PageError) -> [UInt8] {
        do throws(SystemError) {
            return try file.read(DataPage.size, at: UInt64(block) * UInt64(DataPage.size))
        } catch {
            throw PageError("\(error)")
        }
    }

    /// Block and level of the root.
    public borrowing func root() throws -> (block: UInt32, level: UInt32) {
        let meta = try page(0)
        guard meta.isMeta, meta.page.number(at: 24, of: UInt32.self) == BTreeFile.magic else {
            throw PageError("block 0 of \(path) is no metapage of a B-tree")
        }
        return (meta.page.number(at: 32, of: UInt32.self), meta.page.number(at: 36, of: UInt32.self))
    }

    /// Puts bytes in place of a page, durably.
    public borrowing func replace(_ block: UInt32, with bytes: [UInt8]) throws {
        try checkBounds(block)
        guard block > 0, bytes.count == DataPage.size else {
            throw PageError("refused: \(bytes.count) bytes for block \(block) of \(path)")
        }
        try file.write(bytes, at: UInt64(block) * UInt64(DataPage.size))
        try file.synchronize()
    }

    private borrowing func checkBounds(_ block: UInt32) throws(PageError) {
        guard block < pageCount else { throw PageError("\(path) has no block \(block), only \(pageCount)") }
    }
}
