/// One page of a relation's file (PostgreSQL, storage/bufpage.h and "Database Page Layout"), in the byte order of the
/// machine, which is little-endian wherever Brink runs.
public struct DataPage: Hashable, Sendable {
    public static let size = 8192

    /// `pd_checksum` within the page.
    static let checksumBytes = 8..<10
    private static let headerSize = 24
    /// `pd_pagesize_version`: the size, and the layout's version in the low byte, which is 4 since PostgreSQL 8.3.
    private static let sizeAndVersion = UInt16(size | 4)

    public private(set) var bytes: [UInt8]

    /// - Throws: when header and line pointers do not fit each other.
    public init(_ bytes: [UInt8]) throws(PageError) {
        self.bytes = bytes
        guard bytes.count == DataPage.size else { throw PageError("a page of \(bytes.count) bytes") }
        guard bytes.contains(where: { $0 != 0 }) else { throw PageError("a page of zero bytes") }
        let marker = number(at: 18, of: UInt16.self)
        guard marker == DataPage.sizeAndVersion else {
            throw PageError("pd_pagesize_version is \(marker), not \(DataPage.sizeAndVersion)")
        }
        guard DataPage.headerSize <= lower, lower <= upper, upper <= special, special <= DataPage.size else {
            throw PageError("pd_lower \(lower), pd_upper \(upper) and pd_special \(special) contradict each other")
        }
    }

    /// `pd_lower`: the end of the line pointers.
    var lower: Int { Int(number(at: 12, of: UInt16.self)) }
    /// `pd_upper`: the beginning of the tuples.
    var upper: Int { Int(number(at: 14, of: UInt16.self)) }
    /// `pd_special`: the beginning of what the access method keeps for itself.
    var special: Int { Int(number(at: 16, of: UInt16.self)) }

    /// `pd_checksum`; means nothing in a cluster without data checksums.
    public var storedChecksum: UInt16 {
        get { number(at: DataPage.checksumBytes.lowerBound, of: UInt16.self) }
        set { put(newValue, at: DataPage.checksumBytes.lowerBound) }
    }

    /// What `pd_checksum` should be.
    public func checksum(block: UInt32) -> UInt16 { PageChecksum(of: bytes, block: block).value }

    /// How many line pointers there are; they count from 1.
    var itemCount: Int { (lower - DataPage.headerSize) / 4 }

    /// Where a tuple is.
    /// - Returns: nil for a line pointer that is not in use or is known to be dead (storage/itemid.h: LP_NORMAL).
    /// - Throws: when it leads out of the tuples' part of the page.
    func item(_ number: Int) throws(PageError) -> Range<Int>? {
        guard (1...max(1, itemCount)).contains(number), itemCount > 0 else {
            throw PageError("there is no line pointer \(number)")
        }
        let pointer = self.number(at: DataPage.headerSize + 4 * (number - 1), of: UInt32.self)
        let start = Int(pointer & 0x7fff)
        let length = Int(pointer >> 17)
        guard pointer >> 15 & 3 == 1 else { return nil }
        guard upper <= start, start + length <= special, start.isMultiple(of: 8) else {
            throw PageError("line pointer \(number) leads to bytes \(start)..<\(start + length)")
        }
        return start..<(start + length)
    }

    func number<Number: FixedWidthInteger>(at offset: Int, of type: Number.Type) -> Number {
        Number(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: type) })
    }

    mutating func put(_ number: some FixedWidthInteger, at offset: Int) {
        withUnsafeBytes(of: number.littleEndian) { bytes.replaceSubrange(offset..<(offset + $0.count), with: $0) }
    }

    mutating func flip(bit: UInt8, at offset: Int) { bytes[offset] ^= bit }
}
