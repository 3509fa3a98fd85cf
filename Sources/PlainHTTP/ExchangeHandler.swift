import NIOCore
import NIOHTTP1

/// One request and the promise of its answer.
struct Exchange: Sendable {
    let head: HTTPRequestHead
    let body: ByteBuffer?
    let limit: Int
    let deadline: NIODeadline
    /// The answer, and whether the connection can be used again.
    let answer: EventLoopPromise<(HTTPAnswer, Bool)>

    init(head: HTTPRequestHead, body: ByteBuffer?, limit: Int, deadline: NIODeadline, on loop: any EventLoop) {
        self.head = head
        self.body = body
        self.limit = limit
        self.deadline = deadline
        answer = loop.makePromise()
    }
}

/// Carries out one exchange at a time on a connection.
final class ExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = Exchange
    typealias OutboundOut = HTTPClientRequestPart

    private var exchange: Exchange?
    private var head: HTTPResponseHead?
    private var body = ByteBuffer()
    private var timeout: Scheduled<Void>?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let exchange = unwrapOutboundIn(data)
        guard context.channel.isActive else {
            exchange.answer.fail(HTTPFailure.disconnected("closed by the peer while it was idle"))
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        self.exchange = exchange
        timeout = context.eventLoop.assumeIsolated().scheduleTask(deadline: exchange.deadline) {
            self.fail(.timedOut, context)
        }
        context.write(wrapOutboundOut(.head(exchange.head)), promise: nil)
        if let body = exchange.body { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            // 1xx only announces an answer (RFC 9110, 15.2).
            if head.status.code >= 200 { self.head = head }
        case .body(var part):
            guard let exchange, body.readableBytes + part.readableBytes <= exchange.limit else {
                fail(.unacceptable("the answer is longer than \(exchange?.limit ?? 0) bytes"), context)
                return
            }
            body.writeBuffer(&part)
        case .end:
            guard let head, let exchange else { return }
            reset()
            let answer = HTTPAnswer(status: Int(head.status.code), headers: head.headers, body: body)
            body = ByteBuffer()
            exchange.answer.succeed((answer, head.isKeepAlive && context.channel.isActive))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error is HTTPParserError ? .unacceptable("not HTTP: \(error)") : .disconnected("\(error)"), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.disconnected("the peer closed it before the answer's end"), context)
        context.fireChannelInactive()
    }

    private func fail(_ failure: HTTPFailure, _ context: ChannelHandlerContext) {
        let exchange = self.exchange
        reset()
        context.close(promise: nil)
        exchange?.answer.fail(failure)
    }

    private func reset() {
        timeout?.cancel()
        timeout = nil
        exchange = nil
        head = nil
    }
}
