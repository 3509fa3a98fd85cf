import CLinux
import Foundation
import Glibc

/// A port of this machine that nobody listens on, and that nobody is given while it is held: bound, without SO_REUSEADDR, to a
/// socket that does not listen (ip(7)). A port that was merely free a moment ago may be the next that a server gets.
public final class ClosedPort: Sendable {
    public let number: UInt16
    private let descriptor: Int32

    /// - Throws: when there is no port or no descriptor left.
    public init() throws(FixtureFailure) {
        var number: UInt16 = 0
        descriptor = cl_tcp_take_port(&number)
        guard descriptor >= 0 else {
            throw FixtureFailure("no port is free: \(String(cString: strerror(-descriptor)))")
        }
        self.number = number
    }

    /// Lets others have it.
    public func release() {
        close(descriptor)
    }
}
