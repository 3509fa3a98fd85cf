import CLinux
import Dispatch
import Glibc

/// Whether anybody accepts connections at an address.
enum ServerCheck {
    private static let queue = DispatchQueue(label: "brink.proxy.check", attributes: .concurrent)

    static func answers(_ address: ProxyAddress) async -> Bool {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: answersNow(address)) }
        }
    }

    /// Blocks for a second at most, and for what looking up a name takes.
    private static func answersNow(_ address: ProxyAddress) -> Bool {
        guard var resolved = try? address.resolve() else { return false }
        let descriptor = cl_stream_dial(&resolved)
        guard descriptor >= 0 else { return false }
        defer { _ = Glibc.close(descriptor) }
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&entry, 1, 1000) == 1 && cl_stream_error(descriptor) == 0
    }
}
