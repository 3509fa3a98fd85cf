import Glibc
import NIOCore
import NIOPosix

/// The weakness `leaks-descriptors-on-reset`: a connection that was reset keeps its descriptor, as on a way out of an
/// error that nobody thought of closing on.
///
/// SwiftNIO closes its own in any case, so this is another one of the same socket.
final class DescriptorLeak: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = Never

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let failure = error as? IOError, failure.errnoCode == ECONNRESET {
            do {
                try context.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
                    _ = dup($0)
                }
            } catch {
                // No transport to leak: the connection is gone entirely.
            }
        }
        context.fireErrorCaught(error)
    }
}
