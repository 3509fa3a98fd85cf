/// What a client may send first: packets without a type (PostgreSQL documentation, Frontend/Backend Protocol, Message
/// Formats).
enum StartupPacket: Hashable {
    case startup(parameters: [String: String])
    case sslRequest, gssencRequest, cancelRequest
    /// Of a protocol other than 3.
    case unknown(major: Int32, minor: Int32)

    /// The first byte of a TLS record with a ClientHello (RFC 8446, 5.1). No packet of this protocol begins with it.
    static let tlsHandshake: UInt8 = 0x16

    /// - Parameter bytes: the whole packet, from its length on.
    init(_ bytes: ArraySlice<UInt8>) {
        var reader = ByteReader(bytes.dropFirst(4))
        let code = reader.int32() ?? 0
        switch code {
        case 80_877_102: self = .cancelRequest
        case 80_877_103: self = .sslRequest
        case 80_877_104: self = .gssencRequest
        case 0x0003_0000...0x0003_ffff: self = .startup(parameters: StartupPacket.parameters(&reader))
        default: self = .unknown(major: code >> 16, minor: code & 0xffff)
        }
    }

    private static func parameters(_ reader: inout ByteReader) -> [String: String] {
        var parameters: [String: String] = [:]
        while let name = reader.cString(), !name.isEmpty, let value = reader.cString() {
            parameters[String(decoding: name, as: UTF8.self)] = String(decoding: value, as: UTF8.self)
        }
        return parameters
    }
}
