import NIOCore
import NIOPosix
import Synchronization

/// A proxied TCP link with toxics that can be changed while connections are open.
public actor TCPProxy {
    /// Why a proxy cannot serve, in words that say what to do.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        public let description: String
    }

    public nonisolated let counters = ProxyCounters()
    /// Address as `host:port`; with port 0 asked for, the port that was found.
    public private(set) var listen: String
    public nonisolated let upstream: String

    private let group: any EventLoopGroup
    private let seed: UInt64
    private var server: (any Channel)?
    private var toxics: [ToxicSpecification] = []
    private var connections: [Int: IsolatedConnection] = [:]
    private var nextConnection = 0

    /// A connection with the event loop it lives on.
    private struct IsolatedConnection: Sendable {
        let loop: any EventLoop
        let connection: NIOLoopBound<ProxyConnection>
    }

    public init(
        listen: String, upstream: String, seed: UInt64,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.listen = listen
        self.upstream = upstream
        self.seed = seed
        self.group = group
    }

    /// Starts to listen.
    /// - Throws: when the port is in use or the address is not this machine's.
    public func start() async throws {
        guard server == nil else { return }
        let (host, port) = try TCPProxy.split(listen)
        do {
            let channel = try await ServerBootstrap(group: group)
                .serverChannelOption(.backlog, value: 1024)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.autoRead, value: false)
                .childChannelOption(.allowRemoteHalfClosure, value: true)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { client in self.accepted(client) }
                .bind(host: host, port: port).get()
            server = channel
            listen = "\(host):\(channel.localAddress?.port ?? port)"
        } catch {
            throw Failure(description: "cannot listen on \(listen): \(error); choose a free port")
        }
    }

    /// Stops listening and cuts every connection. `start()` listens on the same address again.
    public func stop() async throws {
        if let server {
            self.server = nil
            try await server.close().get()
        }
        for entry in connections.values {
            counters.update { $0.cut += 1 }
            entry.loop.execute { entry.connection.value.end(.close) }
        }
    }

    /// Whether new connections are accepted.
    public var isListening: Bool { server != nil }

    /// Adds a toxic to all open and coming connections.
    public func add(_ toxic: ToxicSpecification) async {
        toxics.append(toxic)
        await applyToxics()
    }

    /// Removes the toxic of that name. Removing a timeout toxic closes the connections whose bytes it dropped.
    public func remove(toxic name: String) async {
        let removed = toxics.filter { $0.name == name }
        toxics.removeAll { $0.name == name }
        if removed.contains(where: { $0.make(0) is TimeoutToxic }) {
            for entry in connections.values { entry.loop.execute { entry.connection.value.end(.close) } }
        }
        await applyToxics()
    }

    private func applyToxics() async {
        let toxics = toxics
        for entry in connections.values {
            entry.loop.execute { entry.connection.value.apply(toxics) }
        }
    }

    /// Dials the server on the client's own event loop, so that a connection never crosses threads.
    private nonisolated func accepted(_ client: any Channel) -> EventLoopFuture<Void> {
        do {
            try client.pipeline.syncOperations.addHandler(StreamHandler())
        } catch {
            return client.eventLoop.makeFailedFuture(error)
        }
        let dial: EventLoopFuture<any Channel>
        do {
            let (host, port) = try TCPProxy.split(upstream)
            dial = ClientBootstrap(group: client.eventLoop)
                .connectTimeout(.seconds(10))
                .channelOption(.autoRead, value: false)
                .channelOption(.allowRemoteHalfClosure, value: true)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { server in
                    server.eventLoop.makeCompletedFuture {
                        try server.pipeline.syncOperations.addHandler(StreamHandler())
                    }
                }
                .connect(host: host, port: port)
        } catch {
            return client.eventLoop.makeFailedFuture(error)
        }
        // Not part of the returned future: the accepting channel must not wait for a slow server.
        dial.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let server):
                let connection = NIOLoopBound(
                    ProxyConnection(client: client, server: server, counters: self.counters, seed: self.nextSeed()),
                    eventLoop: client.eventLoop)
                let entry = IsolatedConnection(loop: client.eventLoop, connection: connection)
                Task { await self.register(entry, client: client, server: server) }
            case .failure:
                self.counters.update { $0.failedDials += 1 }
                // The client sees a reset, as it would from a host whose port is closed behind a load balancer.
                client.closeWithReset()
            }
        }
        return client.eventLoop.makeSucceededVoidFuture()
    }

    private func register(_ entry: IsolatedConnection, client: any Channel, server: any Channel) {
        guard self.server != nil else {
            client.close(promise: nil)
            server.close(promise: nil)
            return
        }
        nextConnection += 1
        let number = nextConnection
        connections[number] = entry
        let toxics = toxics
        entry.loop.execute {
            do {
                try entry.connection.value.start(toxics) { Task { await self.forget(number) } }
            } catch {
                client.close(promise: nil)
                server.close(promise: nil)
            }
        }
    }

    private func forget(_ number: Int) {
        connections[number] = nil
    }

    private let seedCounter = Atomic<UInt64>(0)

    private nonisolated func nextSeed() -> UInt64 {
        seed &+ seedCounter.add(1, ordering: .relaxed).newValue
    }

    private static func split(_ address: String) throws(Failure) -> (host: String, port: Int) {
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]),
            (0...65535).contains(port)
        else { throw Failure(description: "\"\(address)\" is no HOST:PORT") }
        let host = address[..<colon].trimmingPrefix("[")
        return (host.hasSuffix("]") ? String(host.dropLast()) : String(host), port)
    }
}
