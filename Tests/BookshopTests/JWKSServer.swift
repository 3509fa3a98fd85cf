import Hummingbird
import Logging
import ServiceLifecycle
import Synchronization

/// Serves a JWKS document that a test sets, over real HTTP.
final class JWKSServer: Sendable {
    private struct State {
        var document: [UInt8] = []
        var isBroken = false
        var fetches = 0
        var port = 0
    }

    private let state = Mutex(State())

    var document: [UInt8] {
        get { state.withLock { $0.document } }
        set { state.withLock { $0.document = newValue } }
    }

    /// Answers 500 while set.
    var isBroken: Bool {
        get { state.withLock { $0.isBroken } }
        set { state.withLock { $0.isBroken = newValue } }
    }

    /// Answered with a document.
    var fetches: Int { state.withLock { $0.fetches } }

    var url: String { "http://127.0.0.1:\(state.withLock { $0.port })/.well-known/jwks.json" }

    static func run(_ body: @Sendable (JWKSServer) async throws -> Void) async throws {
        let server = JWKSServer()
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let application = Application(
            responder: CallbackResponder<BasicRequestContext> { _, _ in server.answer() },
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                continuation.yield(channel.localAddress?.port ?? 0)
                continuation.finish()
            },
            logger: Logger(label: "jwks") { _ in SwiftLogNoOpLogHandler() })
        let group = ServiceGroup(configuration: .init(services: [application], logger: application.logger))
        async let running: Void = group.run()
        for await port in ports { server.state.withLock { $0.port = port } }
        try await body(server)
        await group.triggerGracefulShutdown()
        try await running
    }

    private func answer() -> Response {
        let document = state.withLock { state -> [UInt8]? in
            guard !state.isBroken else { return nil }
            state.fetches += 1
            return state.document
        }
        guard let document else { return Response(status: .internalServerError) }
        return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(bytes: document)))
    }
}
