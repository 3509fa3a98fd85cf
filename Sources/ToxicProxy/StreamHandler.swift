import NIOCore

/// Hands what one channel reads to its stream. In the pipeline from the channel's first moment on: NIO delivers bytes
/// that came with a FIN even while reading is off, and the other side may not be connected yet.
final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private struct Streams {
        let receiving: ToxicStream
        let sending: ToxicStream
        let connection: ProxyConnection
    }

    private var streams: Streams?
    private var early: [ByteBuffer] = []
    private var hasEndedEarly = false
    private var hasFailedEarly = false

    /// Ties the handler to its streams and hands over what came before.
    func attach(receiving: ToxicStream, sending: ToxicStream, _ connection: ProxyConnection) {
        streams = Streams(receiving: receiving, sending: sending, connection: connection)
        for bytes in early { receiving.receive(bytes) }
        early = []
        if hasEndedEarly { receiving.receiveEnd() }
        if hasFailedEarly { connection.end(.reset) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if let streams { streams.receiving.receive(bytes) } else { early.append(bytes) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { receiveEnd() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { streams?.sending.destinationIsWritable() }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        receiveEnd()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A peer that reset its side: the other side is told in the same way.
        hasFailedEarly = streams == nil
        streams?.connection.end(.reset)
    }

    private func receiveEnd() {
        if let streams { streams.receiving.receiveEnd() } else { hasEndedEarly = true }
    }
}
