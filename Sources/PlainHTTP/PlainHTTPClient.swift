import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// HTTP/1.1 without TLS, for measuring: every request is sent exactly once, on a connection of its own or one that is
/// idle, and whatever happens to it is reported. Nothing is tried again in secret and nothing waits in a queue.
public final class PlainHTTPClient: Sendable {
    private struct Pool {
        var idle: [String: [any Channel]] = [:]
        var isClosed = false
    }

    private let group: any EventLoopGroup
    private let pool = Mutex(Pool())

    /// Idle connections kept for each service; one more is closed.
    private static let maximumIdle = 1000

    public init(group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton) {
        self.group = group
    }

    /// Sends a request and reads the answer to its end.
    /// - Parameters:
    ///   - limit: longest body, in bytes.
    ///   - timeout: from now to the answer's last byte.
    /// - Throws: `HTTPFailure`.
    public func send(
        _ method: HTTPMethod = .GET, _ url: String, headers: HTTPHeaders = [:], body: ByteBuffer? = nil,
        limit: Int = 4 << 20, within timeout: TimeAmount
    ) async throws -> HTTPAnswer {
        let location = try HTTPLocation(url)
        let deadline = NIODeadline.now() + timeout
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: location.target, headers: headers)
        head.headers.replaceOrAdd(name: "Host", value: location.authority)
        if let body { head.headers.replaceOrAdd(name: "Content-Length", value: String(body.readableBytes)) }
        let channel = try await connection(to: location, before: deadline)
        let exchange = Exchange(head: head, body: body, limit: limit, deadline: deadline, on: channel.eventLoop)
        let (answer, isReusable) = try await withTaskCancellationHandler {
            // A connection that is over by now has no handler left to say so.
            let written = channel.eventLoop.makePromise(of: Void.self)
            written.futureResult.whenFailure { exchange.answer.fail(HTTPFailure.disconnected("\($0)")) }
            channel.write(exchange, promise: written)
            return try await exchange.answer.futureResult.get()
        } onCancel: {
            channel.close(promise: nil)
        }
        if isReusable { keep(channel, for: location.authority) } else { channel.close(promise: nil) }
        return answer
    }

    /// Closes all idle connections; those in use are closed when their exchange ends.
    public func close() {
        let idle = pool.withLock { pool in
            pool.isClosed = true
            defer { pool.idle = [:] }
            return pool.idle.values.flatMap { $0 }
        }
        for channel in idle { channel.close(promise: nil) }
    }

    deinit { close() }

    private func connection(to location: HTTPLocation, before deadline: NIODeadline) async throws -> any Channel {
        while let channel = pool.withLock({ $0.idle[location.authority]?.popLast() }) {
            if channel.isActive { return channel }
        }
        let place = "\(location.host) port \(location.port)"
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(deadline - .now())
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(ExchangeHandler())
                }
            }
        do {
            // An address needs no resolver, and its error comes as it is.
            if let address = try? SocketAddress(ipAddress: location.host, port: location.port) {
                return try await bootstrap.connect(to: address).get()
            }
            return try await bootstrap.connect(host: location.host, port: location.port).get()
        } catch {
            throw PlainHTTPClient.failure(of: error, connectingTo: place)
        }
    }

    private static func failure(of error: any Error, connectingTo place: String) -> HTTPFailure {
        if case ChannelError.connectTimeout? = error as? ChannelError { return .timedOut }
        if let error = error as? NIOConnectionError, let first = error.connectionErrors.first {
            return failure(of: first.error, connectingTo: place)
        }
        guard let error = error as? IOError else { return .unreachable("connect to \(place): \(error)", errno: nil) }
        switch error.errnoCode {
        case ECONNREFUSED: return .refused(place)
        case ETIMEDOUT: return .timedOut
        default: return .unreachable("connect to \(place): \(error)", errno: error.errnoCode)
        }
    }

    private func keep(_ channel: any Channel, for authority: String) {
        let isKept = pool.withLock { pool in
            guard !pool.isClosed, pool.idle[authority, default: []].count < PlainHTTPClient.maximumIdle else {
                return false
            }
            pool.idle[authority, default: []].append(channel)
            return true
        }
        if !isKept { channel.close(promise: nil) }
    }
}
