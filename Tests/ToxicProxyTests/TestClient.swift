import NIOCore
import NIOPosix

/// A client that sends bytes, ends its side and collects everything that comes back.
struct TestClient {
    /// What was received, and whether the connection ended with an error such as a reset.
    struct Answer {
        var bytes: [UInt8] = []
        var error: (any Error)?
    }

    let address: String

    private func connect() async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        let parts = address.split(separator: ":")
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: String(parts[0]), port: Int(parts[1]) ?? 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel(
                        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
                }
            }
    }

    /// Sends the parts one after the other, then ends its side and reads to the end.
    /// - Parameter reading: waited for before anything is read, so that what is in between has to hold it.
    func exchange(
        _ parts: [[UInt8]], endsItsSide: Bool = true, reading isReady: @escaping @Sendable () async -> Void = {}
    ) async throws -> Answer {
        let channel = try await connect()
        return try await channel.executeThenClose { inbound, outbound in
            async let received = collect(inbound, after: isReady)
            for part in parts { try await outbound.write(ByteBuffer(bytes: part)) }
            if endsItsSide { outbound.finish() }
            return await received
        }
    }

    private func collect(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, after isReady: @Sendable () async -> Void
    ) async -> Answer {
        var answer = Answer()
        await isReady()
        do {
            for try await buffer in inbound { answer.bytes += buffer.readableBytesView }
        } catch {
            answer.error = error
        }
        return answer
    }
}
