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
    func exchange(_ parts: [[UInt8]], endsItsSide: Bool = true) async throws -> Answer {
        let channel = try await connect()
        return try await channel.executeThenClose { inbound, outbound in
            async let received = collect(inbound)
            for part in parts { try await outbound.write(ByteBuffer(bytes: part)) }
            if endsItsSide { outbound.finish() }
            return await received
        }
    }

    private func collect(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) async -> Answer {
        var answer = Answer()
        do {
            for try await buffer in inbound { answer.bytes += buffer.readableBytesView }
        } catch {
            answer.error = error
        }
        return answer
    }
}
