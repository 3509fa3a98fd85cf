import CLinux
import Glibc

/// A blocking socket of the load, on loopback.
struct LoadSocket {
    let descriptor: Int32

    /// - Throws: when nobody listens, or there are no descriptors left.
    static func connect(to port: UInt16) throws(BenchError) -> LoadSocket {
        var address = cl_address()
        _ = cl_address_inet(&address, "127.0.0.1", port)
        let descriptor = cl_stream_dial(&address)
        guard descriptor >= 0 else {
            throw BenchError("connect to port \(port): \(String(cString: strerror(-descriptor)))")
        }
        var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&entry, 1, 10_000) == 1, cl_stream_error(descriptor) == 0 else {
            _ = Glibc.close(descriptor)
            throw BenchError("connect to port \(port): refused or too slow")
        }
        _ = fcntl(descriptor, F_SETFL, 0)
        return LoadSocket(descriptor: descriptor)
    }

    /// Sends bytes and reads as many back.
    func exchange(_ bytes: UnsafeMutableRawBufferPointer) throws(BenchError) {
        guard cl_stream_write(descriptor, bytes.baseAddress, bytes.count) == bytes.count else {
            throw BenchError("a connection was lost while sending")
        }
        var received = 0
        while received < bytes.count {
            let count = cl_stream_read(descriptor, bytes.baseAddress, bytes.count - received)
            guard count > 0 else { throw BenchError("a connection was lost while reading") }
            received += Int(count)
        }
    }

    /// Closes with RST, so that no port stays in TIME_WAIT.
    func close() {
        cl_stream_reset(descriptor)
    }
}

/// Seconds on a clock that only goes forward.
func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
