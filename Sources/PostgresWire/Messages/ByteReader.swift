/// Reads the fields of a message, of which the end may be missing: messages come from outside, and of long ones only
/// the beginning is looked at.
struct ByteReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    mutating func byte() -> UInt8? { rest.popFirst() }

    /// Big-endian.
    mutating func int32() -> Int32? {
        guard rest.count >= 4 else { return nil }
        defer { rest = rest.dropFirst(4) }
        return Int32(bitPattern: rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) })
    }

    /// Without the zero byte at its end; nil when that is missing.
    mutating func cString() -> [UInt8]? {
        guard let end = rest.firstIndex(of: 0) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return Array(rest[..<end])
    }

    /// Up to the zero byte, or as far as it is there.
    mutating func text() -> ArraySlice<UInt8> {
        let end = rest.firstIndex(of: 0) ?? rest.endIndex
        defer { rest = rest[end...].dropFirst() }
        return rest[..<end]
    }
}
