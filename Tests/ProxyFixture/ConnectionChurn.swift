import CLinux
import Foundation
import Glibc
import SeededRandom

/// Connections that are made, used once and ended in every manner there is, one after the other on several threads.
///
/// Who closes first keeps the pair of ports for a minute (TIME_WAIT, tcp(7)), and 28,232 ports are all there are between
/// two addresses by default. Linux takes such a port again after a second where both ends are on this machine
/// (`net.ipv4.tcp_tw_reuse` 2); so as not to depend on that, the proxies of a churn listen on several ports and dial
/// several addresses of 127.0.0.0/8, each pair of which has all the ports for itself.
public struct ConnectionChurn: Sendable {
    /// Ports of proxies that lead to a ``MannerServer``.
    public let ports: [UInt16]
    /// Port of a proxy whose server does not listen.
    public let refusing: UInt16

    public init(ports: [UInt16], refusing: UInt16) {
        self.ports = ports
        self.refusing = refusing
    }

    /// - Parameters:
    ///   - count: how many connections are made at most.
    ///   - seconds: when to stop before that.
    /// - Returns: how many were made.
    /// - Throws: what was wrong with the first that was not answered, or did not end, as it should.
    public func run(_ count: Int, within seconds: Double, seed: UInt64, threads: Int = 4) async throws -> Int {
        let end = ContinuousClock.now + .seconds(seconds)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for thread in 0..<threads {
                group.addTask {
                    // Blocks, so not on a thread of the pool.
                    try await withCheckedThrowingContinuation { continuation in
                        Thread.detachNewThread {
                            let part = Result { () throws(FixtureFailure) -> Int in
                                try work(count / threads, until: end, seed: seed &+ UInt64(thread))
                            }
                            continuation.resume(with: part)
                        }
                    }
                }
            }
            return try await group.reduce(0, +)
        }
    }

    private func work(
        _ count: Int, until end: ContinuousClock.Instant, seed: UInt64
    ) throws(FixtureFailure) -> Int {
        var generator = SeededGenerator(seed: seed)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 1 << 16, alignment: 64)
        _ = memory.initializeMemory(as: UInt8.self, repeating: 0, count: 1 << 16)
        defer { memory.deallocate() }
        let manners = ConnectionManner.allCases
        for index in 0..<count {
            if ContinuousClock.now > end { return index }
            let manner = manners[index % manners.count]
            // One in sixteen carries 64 KiB, which takes a pipe; the others up to 4 KiB.
            let isLarge = Int.random(in: 0..<16, using: &generator) == 0
            let doublings = isLarge ? 12 : UInt8.random(in: 0...8, using: &generator)
            var address = cl_address()
            let port = manner == .refused ? refusing : ports[index / manners.count % ports.count]
            _ = cl_address_inet(&address, "127.0.0.1", port)
            let descriptor = cl_stream_dial(&address)
            guard descriptor >= 0 else { throw FixtureFailure("no socket: \(String(cString: strerror(-descriptor)))") }
            if let reason = course(manner, MessageHead(manner, doublings: doublings), memory, on: descriptor) {
                cl_stream_reset(descriptor)
                throw FixtureFailure("\(manner), connection \(index): \(reason)")
            }
        }
        return count
    }

    /// Uses a connection and closes it.
    /// - Returns: what was wrong; then it is still open.
    private func course(
        _ manner: ConnectionManner, _ head: MessageHead, _ memory: UnsafeMutableRawPointer, on descriptor: Int32
    ) -> String? {
        if manner == .goneWhileDialing {
            // By turns with FIN and with RST.
            if head.byte & 16 == 0 { _ = close(descriptor) } else { cl_stream_reset(descriptor) }
            return nil
        }
        guard LoadBytes.wait(for: POLLOUT, on: descriptor) else { return "not made in ten seconds" }
        let bytes = LoadBytes(memory)
        if manner == .refused {
            // The proxy takes the connection, then finds nobody.
            let count = bytes.receive(1, from: descriptor)
            guard count == Int(-ECONNRESET) else { return "reading gave \(count), not a reset" }
            _ = close(descriptor)
            return nil
        }
        let length = head.length
        memory.storeBytes(of: head.byte, as: UInt8.self)
        memory.storeBytes(of: manner.rawValue ^ 0xff, toByteOffset: length - 1, as: UInt8.self)
        guard bytes.send(length, on: descriptor) else { return "lost while sending" }
        if manner == .clientEnds { _ = cl_stream_end(descriptor) }
        memory.storeBytes(of: 0, toByteOffset: length - 1, as: UInt8.self)
        let count = bytes.receive(length, from: descriptor)
        if manner == .serverResets {
            // The answer may be lost with the connection, the reset may not.
            let end = count == length ? bytes.receive(1, from: descriptor) : count
            guard end == Int(-ECONNRESET) else { return "reading gave \(end), not a reset" }
        } else {
            guard count == length, memory.load(as: UInt8.self) == head.byte,
                memory.load(fromByteOffset: length - 1, as: UInt8.self) == manner.rawValue ^ 0xff
            else { return "\(count) of \(length) bytes came back, or others" }
        }
        if manner == .clientEnds || manner == .serverCloses || manner == .serverEnds {
            let end = bytes.receive(1, from: descriptor)
            guard end == 0 else { return "reading on gave \(end), not the end" }
        }
        if manner == .clientResets { cl_stream_reset(descriptor) } else { _ = close(descriptor) }
        return nil
    }
}
