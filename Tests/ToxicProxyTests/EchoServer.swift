import NIOCore
import NIOPosix

/// A real TCP server on loopback that sends back what it gets, and ends its side when the client has ended its own.
actor EchoServer {
    private let channel: any Channel
    let address: String

    init() async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(EchoHandler()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        address = "127.0.0.1:\(channel.localAddress?.port ?? 0)"
    }

    func stop() async throws {
        try await channel.close().get()
    }
}

private final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var unfinishedWrites = 0
    private var clientHasEnded = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unfinishedWrites += 1
        let channel = context.channel
        channel.writeAndFlush(unwrapInboundIn(data)).assumeIsolated().whenComplete { [self] _ in
            unfinishedWrites -= 1
            endIfDue(channel)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let event = event as? ChannelEvent, event == .inputClosed else { return }
        clientHasEnded = true
        endIfDue(context.channel)
    }

    /// NIO throws away what is not written yet when the output is closed.
    private func endIfDue(_ channel: any Channel) {
        if clientHasEnded, unfinishedWrites == 0 { channel.close(mode: .output, promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
