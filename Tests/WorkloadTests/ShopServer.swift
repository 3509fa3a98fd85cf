import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import NIOPosix

/// A small HTTP service on loopback.
final class ShopServer: Sendable {
    typealias Answer = @Sendable (_ method: String, _ path: String, _ body: Data) async throws -> (Int, String)

    private let channel: any Channel
    let port: Int

    private init(_ channel: any Channel) {
        self.channel = channel
        // A closed channel has no address any more.
        port = channel.localAddress?.port ?? 0
    }

    static func start(_ answer: @escaping Answer) async throws -> ShopServer {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Counter(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return ShopServer(channel)
    }

    func stop() async throws { try await channel.close() }

    private final class Counter: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart

        private let answer: Answer
        private var head: HTTPRequestHead?
        private var body = ByteBuffer()

        init(_ answer: @escaping Answer) {
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                body = ByteBuffer()
            case .body(var part): body.writeBuffer(&part)
            case .end:
                let (channel, answer, data) = (context.channel, answer, Data(buffer: body))
                let (method, path) = (head?.method.rawValue ?? "", head?.uri ?? "")
                Task {
                    var reply = (500, "{}")
                    do { reply = try await answer(method, path, data) } catch { reply.1 = "{\"error\":\"\(error)\"}" }
                    let head = HTTPResponseHead(
                        version: .http1_1, status: HTTPResponseStatus(statusCode: reply.0),
                        headers: ["Content-Length": String(reply.1.utf8.count)])
                    channel.write(HTTPServerResponsePart.head(head), promise: nil)
                    channel.write(
                        HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: reply.1))), promise: nil)
                    channel.writeAndFlush(HTTPServerResponsePart.end(nil), promise: nil)
                }
            }
        }
    }
}
