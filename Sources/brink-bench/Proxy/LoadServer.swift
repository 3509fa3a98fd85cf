import CLinux
import Glibc
import Synchronization

/// The server behind all proxies: sends back what it gets, or only counts it. One thread over epoll(7).
final class LoadServer: Sendable {
    enum Mode: Sendable {
        case echo
        case sink
        /// Sends without end.
        case source
    }

    let port: UInt16
    /// Bytes taken so far by a sink.
    let taken = Atomic<Int>(0)

    init(_ mode: Mode) throws(BenchError) {
        var address = cl_address()
        _ = cl_address_inet(&address, "127.0.0.1", 0)
        let listener = cl_stream_listen(&address, 4096)
        var bound = cl_address()
        guard listener >= 0, cl_stream_name(listener, &bound) == 0 else { throw BenchError("cannot listen") }
        port = cl_address_port(&bound)
        let epoll = cl_epoll_create()
        _ = cl_epoll_add(epoll, listener, LoadServer.readable, UnsafeMutableRawPointer(bitPattern: Int(listener)))
        let loop = Loop(server: self, listener: listener, epoll: epoll, mode: mode)
        var thread = pthread_t()
        pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Loop>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, Unmanaged.passRetained(loop).toOpaque())
        pthread_detach(thread)
    }

    /// A port that nobody listens on at this moment.
    static func freePort() throws(BenchError) -> UInt16 {
        var address = cl_address()
        _ = cl_address_inet(&address, "127.0.0.1", 0)
        let descriptor = cl_stream_listen(&address, 1)
        defer { _ = close(descriptor) }
        guard descriptor >= 0, cl_stream_name(descriptor, &address) == 0 else { throw BenchError("no port is free") }
        return cl_address_port(&address)
    }

    private static let readable: UInt32 = 1
    private static let writable: UInt32 = 4

    private final class Loop {
        let server: LoadServer
        let listener: Int32
        let epoll: Int32
        let mode: Mode
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)

        init(server: LoadServer, listener: Int32, epoll: Int32, mode: Mode) {
            self.server = server
            self.listener = listener
            self.epoll = epoll
            self.mode = mode
        }

        func run() {
            let ready = UnsafeMutablePointer<cl_ready>.allocate(capacity: 256)
            while true {
                let count = cl_epoll_wait(epoll, ready, 256, -1)
                for index in 0..<max(0, Int(count)) {
                    let descriptor = Int32(Int(bitPattern: ready[index].owner))
                    if descriptor == listener { accept() } else { serve(descriptor) }
                }
            }
        }

        private func accept() {
            var peer = cl_address()
            while true {
                let client = cl_stream_accept(listener, &peer)
                guard client >= 0 else { return }
                let events = mode == .source ? LoadServer.writable : LoadServer.readable
                _ = cl_epoll_add(epoll, client, events, UnsafeMutableRawPointer(bitPattern: Int(client)))
            }
        }

        private func serve(_ descriptor: Int32) {
            if mode == .source {
                let sent = cl_stream_write(descriptor, buffer.baseAddress, 1 << 18)
                if sent < 0, sent != Int64(-EAGAIN) { close(descriptor) }
                return
            }
            let count = cl_stream_read(descriptor, buffer.baseAddress, buffer.count)
            guard count > 0 else {
                if count != Int64(-EAGAIN) { close(descriptor) }
                return
            }
            if mode == .sink {
                server.taken.add(Int(count), ordering: .relaxed)
            } else {
                _ = cl_stream_write(descriptor, buffer.baseAddress, Int(count))
            }
        }
    }
}
