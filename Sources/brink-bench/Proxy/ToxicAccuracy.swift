import CLinux
import Foundation
import Glibc
import LinuxSystem
import NIOCore
import PlainHTTP

/// How near the latency and bandwidth toxics of `brink proxy` come to what was asked.
struct ToxicAccuracy {
    let api: UInt16
    let servers: ProxyServers

    private static let latencyMilliseconds = 50.0
    private static let connections = 1000

    func measure() throws -> [Figure] {
        var figures: [Figure?] = []
        let port = try proxy("accuracy-latency", to: servers.echo.port)
        let bare = try roundTrips(to: port)
        try toxic("accuracy-latency", #"{"type":"latency","attributes":{"latency":\#(Int(Self.latencyMilliseconds))}}"#)
        let delayed = try roundTrips(to: port)
        for (name, part) in [("p50", 50), ("p99", 99)] {
            // What the way itself takes is not the toxic's doing.
            let own = bare[min(bare.count - 1, bare.count * part / 100)]
            let excess = delayed[min(delayed.count - 1, delayed.count * part / 100)] - Self.latencyMilliseconds - own
            figures.append(
                Figure(
                    "proxy", "latency toxic of 50 ms, 1,000 connections: \(name) above it", "ms",
                    label: "beside the same way without it", [excess]))
        }
        for (name, kilobytes, seconds) in [
            ("10 KB/s", 10.0, 4.0), ("1 MB/s", 1e3, 2), ("100 MB/s", 1e5, 2), ("1 GB/s", 1e6, 2),
        ] {
            let id = "accuracy-\(Int(kilobytes))"
            let port = try proxy(id, to: servers.source.port)
            try toxic(id, #"{"type":"bandwidth","attributes":{"rate":\#(Int(kilobytes))}}"#)
            let (rate, pause) = try receive(from: port, seconds: seconds)
            let error = abs(rate / (kilobytes * 1000) - 1) * 100
            figures.append(Figure("proxy", "bandwidth toxic of \(name): error", "%", [error]))
            figures.append(Figure("proxy", "bandwidth toxic of \(name): 99 % of pauses at most", "ms", [pause]))
        }
        return figures.compactMap(\.self)
    }

    private func send(_ path: String, _ body: String) throws -> HTTPAnswer {
        // The bench is a plain program: it waits here.
        let (client, url) = (PlainHTTPClient(), "http://127.0.0.1:\(api)\(path)")
        defer { client.close() }
        let outcome = Outcome()
        let done = DispatchSemaphore(value: 0)
        Task {
            outcome.answer = try? await client.send(.POST, url, body: ByteBuffer(string: body), within: .seconds(5))
            done.signal()
        }
        done.wait()
        guard let answer = outcome.answer, answer.status < 300 else { throw BenchError("POST \(path) failed") }
        return answer
    }

    /// Written before the semaphore is signalled, read after.
    private final class Outcome: @unchecked Sendable {
        var answer: HTTPAnswer?
    }

    private func proxy(_ name: String, to upstream: UInt16) throws -> UInt16 {
        let port = try LoadServer.freePort()
        _ = try send(
            "/proxies", #"{"name":"\#(name)","listen":"127.0.0.1:\#(port)","upstream":"127.0.0.1:\#(upstream)"}"#)
        return port
    }

    private func toxic(_ proxy: String, _ body: String) throws { _ = try send("/proxies/\(proxy)/toxics", body) }

    /// Milliseconds there and back of 64 bytes on a thousand connections, 4,000 a second in all: sorted.
    private func roundTrips(to port: UInt16) throws -> [Double] {
        var sockets: [LoadSocket] = []
        defer { for socket in sockets { socket.close() } }
        let epoll = cl_epoll_create()
        defer { _ = close(epoll) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 64)
        defer { buffer.deallocate() }
        for index in 0..<Self.connections {
            let socket = try LoadSocket.connect(to: port)
            sockets.append(socket)
            _ = cl_epoll_add(epoll, socket.descriptor, 1, UnsafeMutableRawPointer(bitPattern: index + 1))
        }
        let ready = UnsafeMutablePointer<cl_ready>.allocate(capacity: 256)
        defer { ready.deallocate() }
        var sent = [Double](repeating: 0, count: Self.connections)
        var times: [Double] = []
        let start = monotonicSeconds()
        let gap = 1.0 / 4000
        var next = 0
        while true {
            let now = monotonicSeconds()
            if now - start > 2.5 { break }
            if now - start < 2, Double(next) * gap <= now - start {
                let index = next % Self.connections
                next += 1
                if sent[index] == 0 {
                    sent[index] = now
                    _ = cl_stream_write(sockets[index].descriptor, buffer.baseAddress, 64)
                }
            }
            let count = cl_epoll_wait(epoll, ready, 256, 50_000)
            let arrival = monotonicSeconds()
            for position in 0..<max(0, Int(count)) {
                let index = Int(bitPattern: ready[position].owner) - 1
                guard cl_stream_read(sockets[index].descriptor, buffer.baseAddress, 64) > 0 else {
                    throw BenchError("a connection was lost")
                }
                times.append((arrival - sent[index]) * 1e3)
                sent[index] = 0
            }
        }
        guard times.count > 1000 else { throw BenchError("only \(times.count) answers came") }
        return times.sorted()
    }

    /// Bytes per second, and milliseconds between arrivals, of which 99 % are shorter.
    private func receive(from port: UInt16, seconds: Double) throws -> (rate: Double, pause: Double) {
        let socket = try LoadSocket.connect(to: port)
        defer { socket.close() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        // What is in the sockets at first is not paced by anybody.
        let warm = monotonicSeconds() + seconds / 4
        while monotonicSeconds() < warm { _ = cl_stream_read(socket.descriptor, buffer.baseAddress, buffer.count) }
        var pauses: [Double] = []
        var bytes = 0
        let start = monotonicSeconds()
        var last = start
        while last - start < seconds {
            let count = cl_stream_read(socket.descriptor, buffer.baseAddress, buffer.count)
            guard count > 0 else { throw BenchError("the connection was lost") }
            let now = monotonicSeconds()
            bytes += Int(count)
            pauses.append((now - last) * 1e3)
            last = now
        }
        return (Double(bytes) / (last - start), pauses.sorted()[pauses.count * 99 / 100])
    }
}
