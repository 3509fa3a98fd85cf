import Foundation
import Glibc

/// A port of 127.0.0.1 that nobody listens on, and that nobody is given while it is held: bound, without SO_REUSEADDR, to a
/// socket that does not listen (ip(7)). A port that was merely free a moment ago may be the next that a server gets.
public final class ClosedPort: Sendable {
    public let number: UInt16
    private let descriptor: Int32

    /// - Throws: when there is no port or no descriptor left.
    public init() throws(FixtureFailure) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw FixtureFailure("no socket: \(String(cString: strerror(errno)))") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw FixtureFailure("no port is free: \(reason)")
        }
        number = UInt16(bigEndian: address.sin_port)
    }

    /// Lets others have it.
    public func release() {
        close(descriptor)
    }
}
