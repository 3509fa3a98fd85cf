import NIOCore
import NIOPosix

/// Talks RESP2 with one server over one connection, which is made when it is needed and made anew when it broke.
///
/// Commands of several callers follow each other on the wire without waiting for one another's answers. A command is sent
/// once: whether a broken connection's last commands were carried out, nobody knows.
public actor RedisClient {
    public nonisolated let address: String

    private let group: any EventLoopGroup
    private let onPush: (@Sendable (RESPValue) -> Void)?
    private var connection: Task<any Channel, any Error>?

    /// - Parameters:
    ///   - address: `host:port`.
    ///   - onPush: takes what comes unasked, as after MONITOR; without it such a connection is given up.
    public init(
        address: String, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        onPush: (@Sendable (RESPValue) -> Void)? = nil
    ) {
        self.address = address
        self.onPush = onPush
        self.group = group
    }

    /// Sends a command and waits for its answer.
    /// - Parameter timeout: for connecting and for the answer together.
    /// - Throws: `RedisError.server` where the server answers with an error.
    @discardableResult
    public func send(_ words: [[UInt8]], within timeout: Duration) async throws(RedisError) -> RESPValue {
        let deadline = NIODeadline.now() + .nanoseconds(Int64(timeout / .nanoseconds(1)))
        let name = words.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let answer: RESPValue
        do {
            let channel = try await channel(before: deadline)
            let call = RedisCall(
                bytes: RedisClient.encode(words), deadline: deadline, name: "\(name) to \(address)",
                answer: channel.eventLoop.makePromise())
            channel.write(call, promise: nil)
            answer = try await call.answer.futureResult.get()
        } catch {
            throw failure(of: error)
        }
        if case .error(let text) = answer { throw .server(text) }
        return answer
    }

    /// Sends a command of text.
    @discardableResult
    public func send(_ words: String..., within timeout: Duration = .seconds(2)) async throws(RedisError) -> RESPValue {
        try await send(words.map { Array($0.utf8) }, within: timeout)
    }

    /// Closes the connection; the next command makes a new one.
    public func close() async {
        let current = connection
        connection = nil
        if let channel = try? await current?.value { channel.close(promise: nil) }
    }

    private func channel(before deadline: NIODeadline) async throws -> any Channel {
        if let connection {
            // One that could not be made, or broke, is of no more use to anybody.
            if let channel = try? await connection.value, channel.isActive { return channel }
            if self.connection == connection { self.connection = nil }
        }
        if let connection { return try await connection.value }
        let made = Task { try await connect(before: deadline) }
        connection = made
        return try await made.value
    }

    private func connect(before deadline: NIODeadline) async throws -> any Channel {
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]) else {
            throw RedisError.unreachable("\"\(address)\" is no HOST:PORT")
        }
        let host = address[..<colon].filter { $0 != "[" && $0 != "]" }
        let bootstrap = ClientBootstrap(group: group)
            .connectTimeout(max(deadline - .now(), .milliseconds(1)))
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { [onPush] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(RESPDecoder()))
                    try channel.pipeline.syncOperations.addHandler(CommandHandler(onPush: onPush))
                }
            }
        // An address needs no resolver, and its error comes as it is.
        if let address = try? SocketAddress(ipAddress: host, port: port) {
            return try await bootstrap.connect(to: address).get()
        }
        return try await bootstrap.connect(host: host, port: port).get()
    }

    private nonisolated func failure(of error: any Error) -> RedisError {
        if let error = error as? RedisError { return error }
        if case ChannelError.connectTimeout? = error as? ChannelError { return .timedOut("connect to \(address)") }
        if let error = error as? NIOConnectionError, let first = error.connectionErrors.first {
            return failure(of: first.error)
        }
        if let error = error as? IOError, error.errnoCode == ECONNREFUSED { return .refused(address) }
        return .unreachable("connect to \(address): \(error)")
    }

    static func encode(_ words: [[UInt8]]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeString("*\(words.count)\r\n")
        for word in words {
            buffer.writeString("$\(word.count)\r\n")
            buffer.writeBytes(word)
            buffer.writeString("\r\n")
        }
        return buffer
    }
}
