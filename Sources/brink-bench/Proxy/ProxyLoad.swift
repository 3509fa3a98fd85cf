import CLinux
import Glibc
import Synchronization

/// The same load for every way from client to server.
struct ProxyLoad {
    /// Gigabytes per second that one connection carries from client to server.
    static func throughput(to port: UInt16, into sink: LoadServer, seconds: Double) throws(BenchError) -> Double {
        let socket = try LoadSocket.connect(to: port)
        defer { socket.close() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
        defer { buffer.deallocate() }
        let start = monotonicSeconds()
        let before = sink.taken.load(ordering: .relaxed)
        var now = start
        while now - start < seconds {
            guard cl_stream_write(socket.descriptor, buffer.baseAddress, buffer.count) > 0 else {
                throw BenchError("the connection was lost")
            }
            now = monotonicSeconds()
        }
        return Double(sink.taken.load(ordering: .relaxed) - before) / (monotonicSeconds() - start) / 1e9
    }

    /// Microseconds there and back of 64 bytes on one connection at a time: sorted.
    static func pingPong(to port: UInt16, seconds: Double) throws(BenchError) -> [Double] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 64)
        defer { buffer.deallocate() }
        var times: [Double] = []
        // On which CPUs the kernel has its threads makes twice the time of it, and stays so for as long as a connection
        // is used: several give it a chance to be chosen anew.
        let connections = 10
        for _ in 0..<connections {
            let socket = try LoadSocket.connect(to: port)
            defer { socket.close() }
            let start = monotonicSeconds()
            var now = start
            while now - start < seconds / Double(connections) {
                try socket.exchange(buffer)
                let after = monotonicSeconds()
                times.append((after - now) * 1e6)
                now = after
            }
        }
        return times.sorted()
    }

    /// Answers of 64 bytes per second over connections that each ask again as soon as they are answered.
    static func requests(to port: UInt16, connections: Int, seconds: Double) throws(BenchError) -> Double {
        var sockets: [LoadSocket] = []
        defer { for socket in sockets { socket.close() } }
        let epoll = cl_epoll_create()
        defer { _ = close(epoll) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 64)
        defer { buffer.deallocate() }
        for _ in 0..<connections {
            let socket = try LoadSocket.connect(to: port)
            sockets.append(socket)
            _ = cl_epoll_add(epoll, socket.descriptor, 1, UnsafeMutableRawPointer(bitPattern: Int(socket.descriptor)))
        }
        for socket in sockets { _ = cl_stream_write(socket.descriptor, buffer.baseAddress, 64) }
        let ready = UnsafeMutablePointer<cl_ready>.allocate(capacity: 256)
        defer { ready.deallocate() }
        var answers = 0
        let start = monotonicSeconds()
        while monotonicSeconds() - start < seconds {
            let count = cl_epoll_wait(epoll, ready, 256, 1_000_000_000)
            guard count > 0 else { throw BenchError("no answer came for a second") }
            for index in 0..<Int(count) {
                let descriptor = Int32(Int(bitPattern: ready[index].owner))
                guard cl_stream_read(descriptor, buffer.baseAddress, 64) > 0 else {
                    throw BenchError("a connection was lost")
                }
                answers += 1
                _ = cl_stream_write(descriptor, buffer.baseAddress, 64)
            }
        }
        return Double(answers) / (monotonicSeconds() - start)
    }

    /// Connections per second, made, used once and closed one after the other by eight threads.
    static func connections(to port: UInt16, seconds: Double) throws(BenchError) -> Double {
        let total = Atomic<Int>(0)
        let failed = Atomic<Int>(0)
        let start = monotonicSeconds()
        withThreads(8) {
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 64)
            defer { buffer.deallocate() }
            while monotonicSeconds() - start < seconds {
                do throws(BenchError) {
                    let socket = try LoadSocket.connect(to: port)
                    defer { socket.close() }
                    try socket.exchange(buffer)
                    total.add(1, ordering: .relaxed)
                } catch {
                    failed.add(1, ordering: .relaxed)
                    return
                }
            }
        }
        guard failed.load(ordering: .relaxed) == 0 else { throw BenchError("connections failed") }
        return Double(total.load(ordering: .relaxed)) / (monotonicSeconds() - start)
    }

    private static func withThreads(_ count: Int, _ body: @escaping () -> Void) {
        final class Box {
            let body: () -> Void
            init(_ body: @escaping () -> Void) { self.body = body }
        }
        let threads = (0..<count).map { _ in
            var thread = pthread_t()
            pthread_create(
                &thread, nil,
                { argument in
                    if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
                    return nil
                }, Unmanaged.passRetained(Box(body)).toOpaque())
            return thread
        }
        for thread in threads { pthread_join(thread, nil) }
    }
}
