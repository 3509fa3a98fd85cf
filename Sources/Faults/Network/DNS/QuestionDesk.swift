import NIOCore

/// Decides about questions, and brings answers back to who asked. Lives on one event loop.
final class QuestionDesk: @unchecked Sendable {
    // Unchecked: everything below is touched on the event loop that both handlers share, and nowhere else.
    private let names: HostNames
    private let treatment: ResolverStandIn.Treatment
    private let address: SocketAddress
    private let count: @Sendable (_ isMet: Bool) -> Void
    private var waiting: [UInt16: (client: SocketAddress, number: UInt16)] = [:]
    private var next: UInt16 = 0
    private var clients: (any Channel)?

    init(
        names: HostNames, treatment: ResolverStandIn.Treatment, server address: SocketAddress,
        count: @escaping @Sendable (_ isMet: Bool) -> Void
    ) {
        self.address = address
        self.names = names
        self.treatment = treatment
        self.count = count
    }

    private func take(_ question: AddressedEnvelope<ByteBuffer>, server: any Channel, on context: ChannelHandlerContext)
    {
        let message = Array(question.data.readableBytesView)
        guard let query = DNSQuery(message), names.contains(query.name) else {
            count(false)
            return pass(question, to: server)
        }
        count(true)
        switch treatment {
        case .swallow: break
        case .fail(let failure):
            let envelope = AddressedEnvelope(
                remoteAddress: question.remoteAddress, data: ByteBuffer(bytes: query.answer(failure)))
            context.writeAndFlush(NIOAny(envelope), promise: nil)
        case .delay(let delay):
            context.eventLoop.scheduleTask(in: .nanoseconds(Int64(delay / .nanoseconds(1)))) {
                self.pass(question, to: server)
            }
        }
    }

    /// Under a number of our own: two clients can have chosen the same.
    private func pass(_ question: AddressedEnvelope<ByteBuffer>, to server: any Channel) {
        var data = question.data
        guard let number: UInt16 = data.getInteger(at: data.readerIndex) else { return }
        next &+= 1
        waiting[next] = (question.remoteAddress, number)
        data.setInteger(next, at: data.readerIndex)
        server.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: data), promise: nil)
    }

    private func give(_ answer: ByteBuffer) {
        var answer = answer
        guard let own: UInt16 = answer.getInteger(at: answer.readerIndex), let asked = waiting.removeValue(forKey: own)
        else { return }
        answer.setInteger(asked.number, at: answer.readerIndex)
        clients?.writeAndFlush(AddressedEnvelope(remoteAddress: asked.client, data: answer), promise: nil)
    }

    /// On the socket that clients ask.
    final class Questions: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>
        typealias OutboundOut = AddressedEnvelope<ByteBuffer>

        private let desk: QuestionDesk
        private let server: any Channel

        init(_ desk: QuestionDesk, server: any Channel) {
            self.desk = desk
            self.server = server
        }

        func channelActive(context: ChannelHandlerContext) {
            desk.clients = context.channel
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            desk.clients = context.channel
            desk.take(unwrapInboundIn(data), server: server, on: context)
        }

        /// A client that is gone answers with ICMP, which is reported here; the others go on.
        func errorCaught(context: ChannelHandlerContext, error: any Error) {}
    }

    /// On the socket that is connected to the server.
    final class Answers: ChannelInboundHandler {
        typealias InboundIn = AddressedEnvelope<ByteBuffer>

        private let desk: QuestionDesk

        init(_ desk: QuestionDesk) {
            self.desk = desk
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            desk.give(unwrapInboundIn(data).data)
        }

        /// A server that is down is the target's business: it gets no answer.
        func errorCaught(context: ChannelHandlerContext, error: any Error) {}
    }
}
