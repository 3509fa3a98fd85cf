import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import PlainHTTP
import Synchronization
import Testing

@Suite struct PlainHTTPTests {
    @Test func readsURLs() throws {
        let plain = try HTTPLocation("http://127.0.0.1:8080/graphql?x=1#part")
        #expect((plain.host, plain.port, plain.target) == ("127.0.0.1", 8080, "/graphql?x=1"))
        #expect(try HTTPLocation("http://localhost").target == "/")
        #expect(try HTTPLocation("http://[::1]:81/a").host == "::1")
    }

    @Test(arguments: [
        "https://x/", "ftp://x", "http://", "http://x:0/", "http://x:99999/", "http://u:p@x/", "http://x/a b",
    ])
    func refusesOtherURLs(_ url: String) {
        #expect(throws: HTTPFailure.self) { _ = try HTTPLocation(url) }
    }

    @Test func anAnswerAndItsConnectionAgain() async throws {
        let server = try await Peer.start()
        let client = PlainHTTPClient()
        for _ in 0..<3 {
            let answer = try await client.send(
                .POST, server.url, headers: ["X-A": "b"], body: ByteBuffer(string: "hello"), within: .seconds(5))
            #expect(answer.status == 200)
            #expect(String(buffer: answer.body) == "hello")
        }
        #expect(server.connections == 1)
        try await server.stop()
    }

    @Test func eachRequestInFlightHasItsOwnConnection() async throws {
        let server = try await Peer.start(delay: .milliseconds(200))
        let client = PlainHTTPClient()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { try await client.send(.GET, server.url, within: .seconds(5)).status } }
            for try await status in group { #expect(status == 200) }
        }
        #expect(server.connections == 8)
        try await server.stop()
    }

    /// A connection that is reset as soon as it is there may be over before the request is on it: that is an answer too.
    @Test(.timeLimit(.minutes(1))) func everyRequestComesToAnEnd() async throws {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                guard let socket = channel as? any SocketOptionProvider else { return channel.close() }
                return socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).flatMap { channel.close() }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let url = "http://127.0.0.1:\(server.localAddress?.port ?? 0)/"
        let client = PlainHTTPClient()
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    for _ in 0..<40 {
                        do {
                            _ = try await client.send(.GET, url, within: .seconds(5))
                            return false
                        } catch {
                            continue
                        }
                    }
                    return true
                }
            }
            for await isRefused in group { #expect(isRefused) }
        }
        try await server.close()
    }

    @Test func saysWhatHappened() async throws {
        let gone = try await Peer.start()
        try await gone.stop()
        let client = PlainHTTPClient()
        await #expect(throws: HTTPFailure.refused("127.0.0.1 port \(gone.port)")) {
            _ = try await client.send(.GET, gone.url, within: .seconds(5))
        }
        let slow = try await Peer.start(delay: .seconds(5))
        await #expect(throws: HTTPFailure.timedOut) {
            _ = try await client.send(.GET, slow.url, within: .milliseconds(100))
        }
        let rude = try await Peer.start(closes: true)
        let failure = await #expect(throws: HTTPFailure.self) {
            _ = try await client.send(.GET, rude.url, within: .seconds(5))
        }
        guard case .disconnected? = failure else { Issue.record("\(String(describing: failure))"); return }
        // Nothing is sent a second time.
        #expect(rude.requests == 1)
        for server in [slow, rude] { try await server.stop() }
    }

    @Test func aBodyOverTheLimitIsRefused() async throws {
        let server = try await Peer.start()
        let failure = await #expect(throws: HTTPFailure.self) {
            _ = try await PlainHTTPClient().send(
                .POST, server.url, body: ByteBuffer(repeating: 65, count: 2000), limit: 1000, within: .seconds(5))
        }
        guard case .unacceptable? = failure else { Issue.record("\(String(describing: failure))"); return }
        try await server.stop()
    }
}

/// A server on loopback that echoes a request's body.
private final class Peer: Sendable {
    private let channel: any Channel
    private let counts: Counts

    private final class Counts: Sendable {
        let connections = Atomic(0)
        let requests = Atomic(0)
    }

    let port: Int
    var url: String { "http://127.0.0.1:\(port)/echo" }
    var connections: Int { counts.connections.load(ordering: .relaxed) }
    var requests: Int { counts.requests.load(ordering: .relaxed) }

    private init(_ channel: any Channel, _ counts: Counts) {
        self.channel = channel
        self.counts = counts
        // A closed channel has no address any more.
        port = channel.localAddress?.port ?? 0
    }

    static func start(delay: TimeAmount = .zero, closes: Bool = false) async throws -> Peer {
        let counts = Counts()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                counts.connections.add(1, ordering: .relaxed)
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(
                        Echo(delay: delay, closes: closes) { counts.requests.add(1, ordering: .relaxed) })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return Peer(channel, counts)
    }

    func stop() async throws { try await channel.close() }

    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let delay: TimeAmount
        private let closes: Bool
        private let count: () -> Void
        private var body = ByteBuffer()

        init(delay: TimeAmount, closes: Bool, count: @escaping () -> Void) {
            self.delay = delay
            self.closes = closes
            self.count = count
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head: body = ByteBuffer()
            case .body(var part): body.writeBuffer(&part)
            case .end:
                count()
                if closes { return context.close(promise: nil) }
                let body = self.body
                context.eventLoop.assumeIsolated().scheduleTask(in: delay) {
                    let head = HTTPResponseHead(
                        version: .http1_1, status: .ok, headers: ["Content-Length": String(body.readableBytes)])
                    context.write(self.wrapOutboundOut(.head(head)), promise: nil)
                    context.write(self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
                    context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
                }
            }
        }
    }
}
