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
    /// Through which it reads and writes; nil where the stream is plain.
    var session: TLSSession?

    static let events: Readiness = [.readable, .writable, .peerEnded, .edgeTriggered]

    private var isClosed = false

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Closes the socket, once.
    func close(_ kind: ConnectionEnding, on reactor: Reactor) {
        guard !isClosed else { return }
        isClosed = true
        // The other end sees an end, and not a stream that was cut off.
        if kind == .close { _ = session?.close() }
        session = nil
        // Closing alone does not do it while a child that this process is about to execute has the socket too (epoll(7)):
        // events would come for an object that is gone.
        reactor.unwatch(descriptor)
        if kind == .reset { cl_stream_reset(descriptor) } else { _ = Glibc.close(descriptor) }
        reactor.keepUntilTurnEnds(self)
        connection = nil
    }

    override func ready(_ events: Readiness) {
        connection?.ready(self, session?.meaning(of: events) ?? events)
    }

    /// - Returns: bytes; 0 at the stream's end; -EAGAIN or another -errno. Fewer bytes than fit: no more are there now, or
    ///   `peerHasEnded`.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int64 {
        guard let session else { return cl_stream_read(descriptor, buffer.baseAddress, buffer.count) }
        let count = session.read(into: buffer)
        if session.end != nil { peerHasEnded = true }
        return count
    }

    /// - Returns: bytes, -EAGAIN or another -errno. What comes after -EAGAIN must begin with the same bytes.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        session?.write(bytes) ?? cl_stream_write(descriptor, bytes.baseAddress, bytes.count)
    }

    /// Ends the direction to the peer.
    /// - Returns: false when the socket takes no more now, and it must be asked again once it does.
    func end() -> Bool {
        if let session, !session.close() { return false }
        _ = cl_stream_end(descriptor)
        return true
    }
}
