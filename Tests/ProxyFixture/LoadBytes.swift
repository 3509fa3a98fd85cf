import CLinux
import Glibc

/// Memory that is sent from and read into, on sockets that do not block.
struct LoadBytes {
    private let memory: UnsafeMutableRawPointer

    init(_ memory: UnsafeMutableRawPointer) {
        self.memory = memory
    }

    /// Sends the first so many bytes; waits where the socket is full, for ten seconds at most.
    /// - Returns: false when the connection is lost.
    func send(_ count: Int, on descriptor: Int32) -> Bool {
        var sent = 0
        while sent < count {
            let result = cl_stream_write(descriptor, memory + sent, count - sent)
            if result > 0 {
                sent += Int(result)
            } else if result != Int64(-EAGAIN) || !LoadBytes.wait(for: POLLOUT, on: descriptor) {
                return false
            }
        }
        return true
    }

    /// Reads up to so many bytes, fewer when the other end has ended its direction.
    /// - Returns: how many came, or the negative error number.
    func receive(_ count: Int, from descriptor: Int32) -> Int {
        var received = 0
        while received < count {
            let result = cl_stream_read(descriptor, memory + received, count - received)
            if result == 0 { break }
            if result > 0 {
                received += Int(result)
            } else if result != Int64(-EAGAIN) {
                return Int(result)
            } else if !LoadBytes.wait(for: POLLIN, on: descriptor) {
                return Int(-ETIMEDOUT)
            }
        }
        return received
    }

    /// - Returns: false when nothing came in ten seconds.
    static func wait(for event: Int32, on descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        return poll(&entry, 1, 10_000) == 1
    }
}
