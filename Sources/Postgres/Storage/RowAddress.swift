/// Where a row is within its table: block and line pointer (PostgreSQL, storage/itemptr.h; `ctid` in SQL).
public struct RowAddress: Hashable, Sendable, CustomStringConvertible {
    public let block: UInt32
    public let line: UInt16

    public init(block: UInt32, line: UInt16) {
        self.block = block
        self.line = line
    }

    /// As SQL writes a `tid`.
    public var description: String { "(\(block),\(line))" }
}
