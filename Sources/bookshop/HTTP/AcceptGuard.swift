import Glibc
import NIOCore

/// Keeps the server accepting when `accept` fails for want of file descriptors.
///
/// SwiftNIO sends the error (EMFILE, ENFILE) down the listening channel's pipeline and leaves the channel open;
/// Hummingbird's accept loop takes any error as its end. Without this handler the first EMFILE would stop the service
/// from accepting for ever. The connection that could not be accepted stays in the backlog, where the next attempt
/// would fail again at once: this handler counts the failure, and pauses accepting for a moment.
///
/// Add it first in the listening channel's pipeline.
final class AcceptGuard: ChannelInboundHandler, Sendable {
    typealias InboundIn = Channel
    typealias InboundOut = Channel

    /// Half-way between a busy loop and a wait that a client would notice.
    private static let pause = TimeAmount.milliseconds(50)

    private let metrics: Metrics

    init(metrics: Metrics) {
        self.metrics = metrics
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let failure = error as? IOError, Self.isTransient(failure.errnoCode) else {
            context.fireErrorCaught(error)
            return
        }
        if error.isOutOfDescriptors { metrics.errors.increment(ErrorCode.tooManyOpenFiles.rawValue) }
        let channel = context.channel
        channel.setOption(.autoRead, value: false).whenComplete { _ in
            channel.eventLoop.scheduleTask(in: Self.pause) {
                channel.setOption(.autoRead, value: true)
            }
        }
    }

    /// The errors after which SwiftNIO keeps a listening channel open.
    private static func isTransient(_ code: CInt) -> Bool {
        [EMFILE, ENFILE, ECONNABORTED, ENOBUFS, ENOMEM].contains(code)
    }
}
