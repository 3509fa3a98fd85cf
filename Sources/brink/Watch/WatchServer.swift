import Foundation
import HTTPTypes
import Hummingbird
import LinuxSystem
import Logging
import NIOCore
import Reports
import Synchronization

/// The live view as a page, and its values for a Prometheus: on loopback only, for whoever has the token.
final class WatchServer: Sendable {
    private let feed: WatchFeed
    private let token: String
    private let metrics = WatchMetrics()
    private let serving = Mutex<Task<Void, any Error>?>(nil)

    private static let host = "127.0.0.1"

    init(feed: WatchFeed, token: String) {
        self.feed = feed
        self.token = token
    }

    /// - Returns: the page's address, token included.
    /// - Throws: when the port cannot be had.
    func start(port: Int) async throws -> String {
        let (ports, continuation) = AsyncThrowingStream<Int, any Error>.makeStream()
        var logger = Logger(label: "watch")
        logger.logLevel = .critical
        let application = Application(
            router: router(), configuration: ApplicationConfiguration(address: .hostname(WatchServer.host, port: port)),
            onServerRunning: { continuation.yield($0.localAddress?.port ?? 0) }, logger: logger)
        let task = Task {
            do {
                try await application.run()
            } catch {
                continuation.finish(throwing: error)
                throw error
            }
        }
        serving.withLock { $0 = task }
        await metrics.begin(feed)
        for try await port in ports { return "http://\(WatchServer.host):\(port)/?token=\(token)" }
        return ""
    }

    func stop() async {
        let task = serving.withLock { $0.take() }
        task?.cancel()
        _ = await task?.result
        await metrics.end()
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("/") { [self] request, _ in
            guard isLetIn(request) else { return WatchServer.refusal }
            return Response(
                status: .ok, headers: WatchServer.headers("text/html; charset=utf-8"),
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: PackageResources.watch_html)))
        }
        router.get("/events") { [self] request, _ in
            guard isLetIn(request) else { return WatchServer.refusal }
            return Response(
                status: .ok, headers: WatchServer.headers("text/event-stream"),
                body: ResponseBody { [feed] writer in
                    for try await (line, _) in feed.events() {
                        try await writer.write(ByteBuffer(string: "data: \(line)\n\n"))
                    }
                    // Without this a browser would ask for all of it again.
                    try await writer.write(ByteBuffer(string: "event: over\ndata: {}\n\n"))
                    try await writer.finish(nil)
                })
        }
        router.get("/report") { [self] request, _ in
            guard isLetIn(request) else { return WatchServer.refusal }
            guard let page = try? SystemFile.read("\(feed.folder)/\(ReportWriter.pageFile)") else {
                return Response(
                    status: .notFound, headers: WatchServer.headers("text/plain; charset=utf-8"),
                    body: ResponseBody(
                        byteBuffer: ByteBuffer(string: "not written yet, or the run was cut short: brink report\n")))
            }
            return Response(
                status: .ok, headers: WatchServer.headers("text/html; charset=utf-8"),
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: page)))
        }
        router.get("/metrics") { [self] request, _ in
            guard isLetIn(request) else { return WatchServer.refusal }
            return Response(
                status: .ok, headers: WatchServer.headers(LiveMetrics.mediaType),
                body: ResponseBody(byteBuffer: ByteBuffer(string: await metrics.text)))
        }
        router.post("/halt") { [self] request, _ in
            guard isLetIn(request) else { return WatchServer.refusal }
            return Response(
                status: .ok, headers: WatchServer.headers("text/plain; charset=utf-8"),
                body: ResponseBody(byteBuffer: ByteBuffer(string: feed.halt())))
        }
        return router
    }

    /// By the token alone, compared in a time that does not tell how much of it was right.
    private func isLetIn(_ request: Request) -> Bool {
        let bearer = request.headers[.authorization].flatMap { $0.hasPrefix("Bearer ") ? $0.dropFirst(7) : nil }
        let given = Array((request.uri.queryParameters["token"] ?? bearer ?? "").utf8)
        let own = Array(token.utf8)
        guard given.count == own.count else { return false }
        return zip(given, own).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static var refusal: Response {
        Response(
            status: .forbidden, headers: headers("text/plain; charset=utf-8"),
            body: ResponseBody(byteBuffer: ByteBuffer(string: "the address that brink watch printed has a token\n")))
    }

    private static func headers(_ type: String) -> HTTPFields {
        var headers: HTTPFields = [.contentType: type, .cacheControl: "no-store"]
        // Nothing from elsewhere, and nobody may frame it.
        headers[.contentSecurityPolicy] =
            "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
            + "frame-ancestors 'none'"
        return headers
    }
}
