/// A question to a name server (RFC 1035, section 4).
struct DNSQuery: Hashable, Sendable {
    /// Answers that are no answer (RFC 1035, 4.1.1, RCODE).
    enum Failure: UInt8, Sendable {
        case serverFailure = 2
        case noSuchName = 3
        case refused = 5
    }

    /// The name asked for, in small letters, without the final dot.
    let name: String
    /// The header and the question.
    private let start: [UInt8]

    private static let headerSize = 12

    /// - Returns: nil for what is no query of at least one question, or is cut short.
    init?(_ message: [UInt8]) {
        // QR is 0 in a query, and names in questions are never compressed.
        guard message.count > DNSQuery.headerSize, message[2] & 0x80 == 0, message[4] != 0 || message[5] != 0 else {
            return nil
        }
        var labels: [String] = []
        var index = DNSQuery.headerSize
        while true {
            guard index < message.count else { return nil }
            let length = Int(message[index])
            index += 1
            if length == 0 { break }
            guard length < 64, index + length <= message.count else { return nil }
            labels.append(String(decoding: message[index..<index + length], as: UTF8.self).lowercased())
            index += length
        }
        // Type and class follow.
        guard index + 4 <= message.count else { return nil }
        name = labels.joined(separator: ".")
        start = Array(message[..<(index + 4)])
    }

    /// An answer that says no.
    func answer(_ failure: Failure) -> [UInt8] {
        var bytes = start
        // QR, and what was asked of OPCODE and RD; then RA and the code.
        bytes[2] = 0x80 | bytes[2] & 0x79
        bytes[3] = 0x80 | failure.rawValue
        bytes[4] = 0
        bytes[5] = 1
        for index in 6..<DNSQuery.headerSize { bytes[index] = 0 }
        return bytes
    }
}
