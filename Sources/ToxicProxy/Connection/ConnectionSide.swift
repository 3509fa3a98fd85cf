import CLinux
import Glibc

/// One of the two sockets of a proxied connection.
final class ConnectionSide: Watched {
    let descriptor: Int32
    /// What the last look said; the kernel tells when it changes (EPOLLET, epoll(7)).
    var isReadable = false
    var isWritable = true
    /// Its end waits behind what is left to read, and no event will tell of it again.
    var peerHasEnded = false
    /// From when the socket is there until it is closed. Not weak: an object that is referred to weakly has its counts in a
    /// side table, which makes every retain and release of it a slow one.
    var connection: ProxyConnection?

    static let events: Readiness = [.readable, .writable, .peerEnded, .edgeTriggered]

    private var isClosed = false

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Closes the socket, once.
    func close(_ kind: ConnectionEnding, on reactor: Reactor) {
        guard !isClosed else { return }
        isClosed = true
        if kind == .reset { cl_stream_reset(descriptor) } else { _ = Glibc.close(descriptor) }
        reactor.keepUntilTurnEnds(self)
        connection = nil
    }

    override func ready(_ events: Readiness) {
        connection?.ready(self, events)
    }
}
