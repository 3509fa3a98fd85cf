import CLinux
import Foundation
import Glibc
import Synchronization

/// A server on all of the machine's addresses that sends back what it gets and ends a connection as its first byte says.
/// One thread over epoll(7), with a few bytes for each connection, so that it does not count in a figure of memory.
public final class MannerServer: Sendable {
    public let port: UInt16
    private let bell: Int32
    private let ended = DispatchSemaphore(value: 0)

    /// - Throws: when there is no port or no descriptor left.
    public init() throws(FixtureFailure) {
        var address = cl_address()
        _ = cl_address_inet(&address, "0.0.0.0", 0)
        let listener = cl_stream_listen(&address, 4096)
        let (epoll, bell) = (cl_epoll_create(), cl_event())
        guard listener >= 0, cl_stream_name(listener, &address) == 0, cl_epoll_add(epoll, listener, 1, nil) == 0,
            cl_epoll_add(epoll, bell, 1, UnsafeMutableRawPointer(bitPattern: Int(bell))) == 0
        else { throw FixtureFailure("cannot make a server") }
        port = cl_address_port(&address)
        self.bell = bell
        let ended = ended
        Thread.detachNewThread {
            var loop = Loop(listener: listener, epoll: epoll, bell: bell)
            loop.run()
            ended.signal()
        }
    }

    /// A port that nobody listens on at this moment, for a server that takes it at once.
    public static func freePort() throws(FixtureFailure) -> UInt16 {
        var address = cl_address()
        _ = cl_address_inet(&address, "127.0.0.1", 0)
        let descriptor = cl_stream_listen(&address, 1)
        guard descriptor >= 0 else { throw FixtureFailure("no port is free") }
        defer { _ = close(descriptor) }
        guard cl_stream_name(descriptor, &address) == 0 else { throw FixtureFailure("no port is free") }
        return cl_address_port(&address)
    }

    /// Closes everything that it has open.
    public func stop() {
        _ = cl_event_signal(bell)
        ended.wait()
    }

    private struct Loop {
        private static let size = 1 << 16

        let listener: Int32
        let epoll: Int32
        let bell: Int32
        /// By descriptor: what is left of the message, and what comes after it.
        private var states: [State?] = []
        private let buffer = UnsafeMutableRawPointer.allocate(byteCount: Self.size, alignment: 64)

        private struct State {
            var left: Int32 = 0
            var manner = ConnectionManner.clientCloses
        }

        init(listener: Int32, epoll: Int32, bell: Int32) {
            self.listener = listener
            self.epoll = epoll
            self.bell = bell
        }

        mutating func run() {
            let most = 256
            let ready = UnsafeMutablePointer<cl_ready>.allocate(capacity: most)
            defer {
                ready.deallocate()
                buffer.deallocate()
                for (descriptor, state) in states.enumerated() where state != nil { close(Int32(descriptor)) }
                for descriptor in [listener, epoll, bell] { close(descriptor) }
            }
            while true {
                let count = cl_epoll_wait(epoll, ready, Int32(most), -1)
                for index in 0..<max(0, Int(count)) {
                    let descriptor = Int32(Int(bitPattern: ready[index].owner))
                    if descriptor == bell { return }
                    if descriptor == 0 { accept() } else { serve(descriptor) }
                }
            }
        }

        private mutating func accept() {
            var peer = cl_address()
            while true {
                let descriptor = cl_stream_accept(listener, &peer)
                guard descriptor >= 0 else { return }
                while states.count <= Int(descriptor) { states.append(nil) }
                states[Int(descriptor)] = State()
                _ = cl_epoll_add(epoll, descriptor, 1, UnsafeMutableRawPointer(bitPattern: Int(descriptor)))
            }
        }

        private mutating func serve(_ descriptor: Int32) {
            let index = Int(descriptor)
            let count = cl_stream_read(descriptor, buffer, Self.size)
            if count == Int64(-EAGAIN) { return }
            guard count > 0, var state = states[index] else { return end(descriptor, isReset: false) }
            if state.left == 0 {
                let head = MessageHead(byte: buffer.load(as: UInt8.self))
                state.left = Int32(head.length)
                state.manner = head.manner ?? .clientCloses
            }
            guard LoadBytes(buffer).send(Int(count), on: descriptor) else { return end(descriptor, isReset: false) }
            state.left -= Int32(count)
            states[index] = state
            guard state.left <= 0 else { return }
            switch state.manner {
            case .serverCloses: end(descriptor, isReset: false)
            case .serverResets: end(descriptor, isReset: true)
            case .serverEnds: _ = cl_stream_end(descriptor)
            case .clientCloses, .clientResets, .clientEnds, .goneWhileDialing, .refused: break
            }
        }

        private mutating func end(_ descriptor: Int32, isReset: Bool) {
            states[Int(descriptor)] = nil
            if isReset { cl_stream_reset(descriptor) } else { close(descriptor) }
        }
    }
}
