import NIOCore
import NIOPosix
import Synchronization

/// Watches which keys are read, by MONITOR on a connection of its own.
///
/// MONITOR halves what a busy Redis can do: watch briefly.
public struct RedisMonitor: Sendable {
    private let address: String

    /// - Parameter address: `host:port`.
    public init(address: String) {
        self.address = address
    }

    /// How often each key was read by GET, or as the first of MGET.
    public func reads(for time: Duration) async throws(RedisError) -> [String: Int] {
        let counts = Counts()
        let client = RedisClient(address: address, onPush: { counts.take($0) })
        try await client.send("MONITOR")
        // Cut short only when the fault ends.
        try? await Task.sleep(for: time)
        await client.close()
        return counts.found
    }

    private final class Counts: Sendable {
        private let counts = Mutex<[String: Int]>([:])

        var found: [String: Int] { counts.withLock { $0 } }

        func take(_ value: RESPValue) {
            guard let words = value.text.flatMap(RedisMonitor.words), words.count > 1,
                ["get", "mget"].contains(words[0].lowercased())
            else { return }
            counts.withLock { $0[words[1], default: 0] += 1 }
        }
    }

    /// The words of a line such as `1339518083.107412 [0 127.0.0.1:60866] "get" "a \"key\""`.
    static func words(_ line: String) -> [String]? {
        guard let end = line.utf8.firstIndex(of: UInt8(ascii: "]")) else { return nil }
        var words: [String] = []
        var word: [UInt8]?
        var bytes = line.utf8[end...].dropFirst().makeIterator()
        while let byte = bytes.next() {
            guard var current = word else {
                if byte == UInt8(ascii: "\"") { word = [] }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""):
                words.append(String(decoding: current, as: UTF8.self))
                word = nil
                continue
            case UInt8(ascii: "\\"):
                switch bytes.next() {
                case UInt8(ascii: "n"): current.append(0x0A)
                case UInt8(ascii: "r"): current.append(0x0D)
                case UInt8(ascii: "t"): current.append(0x09)
                case UInt8(ascii: "a"): current.append(0x07)
                case UInt8(ascii: "b"): current.append(0x08)
                case UInt8(ascii: "x"):
                    let digits = [bytes.next(), bytes.next()].compactMap { $0 }
                    guard let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else { return nil }
                    current.append(value)
                case let other?: current.append(other)
                case nil: return nil
                }
            default: current.append(byte)
            }
            word = current
        }
        return words
    }
}
