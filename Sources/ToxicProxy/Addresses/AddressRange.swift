import CLinux

/// A range of IP addresses, as `10.0.0.0/8`, `::1` or `192.0.2.7`.
public struct AddressRange: Hashable, Sendable, Codable, CustomStringConvertible {
    private let bytes: [UInt8]
    private let prefix: Int
    public let description: String

    /// Nil for what is no address, or a prefix longer than one.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        var address = cl_address()
        guard (1...2).contains(parts.count), cl_address_inet(&address, String(parts[0]), 0) == 0 else { return nil }
        bytes = AddressRange.bytes(of: address)
        let most = bytes.count * 8
        guard let prefix = parts.count == 2 ? Int(parts[1]) : most, (0...most).contains(prefix) else { return nil }
        self.prefix = prefix
        description = text
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let range = AddressRange(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "\"\(text)\" is no IP address or range"))
        }
        self = range
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }

    func contains(_ address: cl_address) -> Bool {
        let other = AddressRange.bytes(of: address)
        guard other.count == bytes.count else { return false }
        return (0..<bytes.count).allSatisfy { index in
            let bits = min(8, max(0, prefix - index * 8))
            let mask = bits == 0 ? UInt8(0) : ~UInt8(0) << UInt8(8 - bits)
            return bytes[index] & mask == other[index] & mask
        }
    }

    private static func bytes(of address: cl_address) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = withUnsafePointer(to: address) { cl_address_ip($0, &buffer) }
        return Array(buffer.prefix(Int(count)))
    }
}
