import NIOCore

/// One command and the promise of its answer.
struct RedisCall: Sendable {
    let bytes: ByteBuffer
    let deadline: NIODeadline
    /// Its name, for messages; arguments may be secret.
    let name: String
    let answer: EventLoopPromise<RESPValue>
}

/// Sends commands as they come and hands out the answers, which come in the same order.
final class CommandHandler: ChannelDuplexHandler {
    typealias InboundIn = RESPValue
    typealias OutboundIn = RedisCall
    typealias OutboundOut = ByteBuffer

    private var waiting: CircularBuffer<(call: RedisCall, timeout: Scheduled<Void>)> = []

    private let onPush: (@Sendable (RESPValue) -> Void)?

    init(onPush: (@Sendable (RESPValue) -> Void)?) {
        self.onPush = onPush
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let call = unwrapOutboundIn(data)
        guard context.channel.isActive else {
            call.answer.fail(RedisError.disconnected("closed before \(call.name) was sent"))
            return
        }
        // Whoever answers late must not have the next one wait for the wrong answer: the connection is given up.
        let timeout = context.eventLoop.assumeIsolated().scheduleTask(deadline: call.deadline) {
            self.fail(.timedOut(call.name), context)
        }
        waiting.append((call, timeout))
        context.writeAndFlush(wrapOutboundOut(call.bytes), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let (call, timeout) = waiting.popFirst() else {
            if let onPush { return onPush(unwrapInboundIn(data)) }
            fail(.unintelligible("an answer that nobody asked for"), context)
            return
        }
        timeout.cancel()
        call.answer.succeed(unwrapInboundIn(data))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error as? RedisError ?? .disconnected("\(error)"), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.disconnected("closed by the server"), context)
        context.fireChannelInactive()
    }

    private func fail(_ error: RedisError, _ context: ChannelHandlerContext) {
        let calls = waiting
        waiting = []
        context.close(promise: nil)
        for (call, timeout) in calls {
            timeout.cancel()
            call.answer.fail(error)
        }
    }
}
