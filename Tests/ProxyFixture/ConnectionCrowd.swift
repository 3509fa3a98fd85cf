import CLinux
import Glibc
import SeededRandom

/// Many client connections, open at the same time.
public final class ConnectionCrowd {
    private var descriptors: [Int32] = []
    private let request = UnsafeMutableRawPointer.allocate(byteCount: 1 << 12, alignment: 64)
    private let answer = UnsafeMutableRawPointer.allocate(byteCount: 1 << 12, alignment: 64)

    /// How many are dialed before the first is used: no more than a listener's queue holds (listen(2)).
    private static let batch = 500

    /// Connects to the port and uses every connection once.
    /// - Throws: the first connection that cannot be made, is lost or brings back something else.
    public init(of count: Int, to port: UInt16) throws(FixtureFailure) {
        descriptors.reserveCapacity(count)
        var address = cl_address()
        _ = cl_address_inet(&address, "127.0.0.1", port)
        while descriptors.count < count {
            let first = descriptors.count
            for _ in first..<min(first + Self.batch, count) {
                let descriptor = cl_stream_dial(&address)
                guard descriptor >= 0 else {
                    throw FixtureFailure("connection \(descriptors.count): \(String(cString: strerror(-descriptor)))")
                }
                descriptors.append(descriptor)
            }
            for index in first..<descriptors.count {
                guard LoadBytes.wait(for: POLLOUT, on: descriptors[index]), cl_stream_error(descriptors[index]) == 0
                else { throw FixtureFailure("connection \(index) was not made") }
            }
            try exchange(over: first..<descriptors.count, seed: UInt64(first))
        }
    }

    deinit {
        close()
        request.deallocate()
        answer.deallocate()
    }

    /// Closes all of them, with FIN.
    public func close() {
        for descriptor in descriptors { _ = Glibc.close(descriptor) }
        descriptors = []
    }

    /// Sends 16 to 4096 random bytes on each connection, all before the first answer is read, and compares the answers.
    /// - Returns: bytes that went there and back.
    @discardableResult
    public func exchange(seed: UInt64) throws(FixtureFailure) -> Int {
        try exchange(over: descriptors.indices, seed: seed)
    }

    @discardableResult
    private func exchange(over indices: Range<Int>, seed: UInt64) throws(FixtureFailure) -> Int {
        var total = 0
        for index in indices {
            let length = fill(seed, index)
            guard LoadBytes(request).send(length, on: descriptors[index]) else {
                throw FixtureFailure("connection \(index) was lost while sending")
            }
        }
        for index in indices {
            let length = fill(seed, index)
            let count = LoadBytes(answer).receive(length, from: descriptors[index])
            guard count == length, memcmp(answer, request, length) == 0 else {
                throw FixtureFailure("connection \(index): \(count) of \(length) bytes came back, or others")
            }
            total += length
        }
        return total
    }

    /// The same bytes for the same connection, whenever it is asked.
    private func fill(_ seed: UInt64, _ index: Int) -> Int {
        var generator = SeededGenerator(seed: seed &* 0x1_0000_0001 &+ UInt64(index))
        let head = MessageHead(.clientCloses, doublings: UInt8.random(in: 0...8, using: &generator))
        for offset in stride(from: 0, to: head.length, by: 8) {
            request.storeBytes(of: generator.next(), toByteOffset: offset, as: UInt64.self)
        }
        request.storeBytes(of: head.byte, as: UInt8.self)
        return head.length
    }
}
