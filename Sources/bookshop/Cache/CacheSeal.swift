import Crypto

/// Makes an entry from an answer and finds out whether an entry is still that.
///
/// An entry is one line, `bookshop1 SEQUENCE EXPIRY CODE`, and then the answer. The code is an HMAC over all the rest and
/// the entry's key, with a secret of this process: what somebody else put there, changed, cut or moved to another key is
/// known for what it is. An entry is good for this process only; after a restart the cache is cold.
struct CacheSeal: Sendable {
    struct Entry: Sendable, Equatable {
        let value: [UInt8]
        /// The number of writes that had been seen when loading began.
        let sequence: UInt64
        /// On the clock of the process, in milliseconds.
        let expiry: Int64
    }

    private let secret = SymmetricKey(size: .bits256)
    private let origin = ContinuousClock.now
    /// Otherwise the code is not looked at: the weakness `trusts-cache`.
    private let verifies: Bool

    init(verifies: Bool = true) {
        self.verifies = verifies
    }

    /// Milliseconds since this was made; a clock that does not jump.
    var now: Int64 { Int64(origin.duration(to: .now) / .milliseconds(1)) }

    func seal(_ entry: Entry, for key: String) -> [UInt8] {
        let head = "\(entry.sequence) \(entry.expiry)"
        let code = Self.hexadecimal(code(head, entry.value, key))
        return Array("bookshop1 \(head) \(code)\n".utf8) + entry.value
    }

    /// - Returns: `nil` for what this process did not put under this key.
    func open(_ bytes: [UInt8], for key: String) -> Entry? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let words = bytes[..<end].split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
        guard words.count == 4, words[0] == "bookshop1", let sequence = UInt64(words[1]), let expiry = Int64(words[2])
        else { return nil }
        let value = Array(bytes[(end + 1)...])
        if verifies {
            guard let given = Self.bytes(words[3]),
                HMAC<SHA256>.isValidAuthenticationCode(
                    given, authenticating: message("\(sequence) \(expiry)", value, key), using: secret)
            else { return nil }
        }
        return Entry(value: value, sequence: sequence, expiry: expiry)
    }

    private func code(_ head: String, _ value: [UInt8], _ key: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message(head, value, key), using: secret))
    }

    /// The key's length keeps it and the answer from running into each other.
    private func message(_ head: String, _ value: [UInt8], _ key: String) -> [UInt8] {
        Array("\(head) \(key.utf8.count) \(key)\n".utf8) + value
    }

    private static let digits = Array("0123456789abcdef".utf8)

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        let values = text.utf8.map { digits.firstIndex(of: $0) }
        guard values.count % 2 == 0, !values.contains(nil) else { return nil }
        return stride(from: 0, to: values.count, by: 2).map { UInt8((values[$0] ?? 0) << 4 | (values[$0 + 1] ?? 0)) }
    }
}
