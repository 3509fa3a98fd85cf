/// How the first column of an index is stored (PostgreSQL, catalog pg_attribute of the index).
public struct KeyForm: Hashable, Sendable {
    /// `attlen`: bytes, -1 for a varlena, -2 for a C string.
    public let length: Int
    /// `attbyval`.
    public let isByValue: Bool

    public init(length: Int, isByValue: Bool) {
        self.length = length
        self.isByValue = isByValue
    }

    /// The byte in which a flipped lowest bit makes another value of the type, and mostly one close by: the least
    /// significant one of numbers, the last one of texts.
    /// - Returns: nil for an empty value, and for one that is compressed.
    func leastByte(of value: ArraySlice<UInt8>) -> Int? {
        guard let first = value.first else { return nil }
        switch length {
        case 1...: return value.count < length ? nil : isByValue ? value.startIndex : value.startIndex + length - 1
        case -1:
            // varatt.h: one byte of header with the lowest bit set, or four with the two lowest bits clear.
            let header: Int
            let total: Int
            if first & 1 == 1 {
                (header, total) = (1, Int(first >> 1))
            } else {
                guard first & 3 == 0, value.count > 4 else { return nil }
                let word = value.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                (header, total) = (4, Int(word >> 2))
            }
            return total > header && total <= value.count ? value.startIndex + total - 1 : nil
        default:
            // A letter that becomes the terminating zero would be no value of the type's any more.
            return first > 1 ? value.startIndex : nil
        }
    }
}
