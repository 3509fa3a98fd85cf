import NIOCore
import SeededRandom
import NIOPosix

/// A client's connection and the one to the server, on one event loop, with a stream for each direction.
final class ProxyConnection {
    private let client: any Channel
    private let server: any Channel
    private let counters: ProxyCounters
    private var upstream: ToxicStream?
    private var downstream: ToxicStream?
    private var isOver = false
    private let random: Double
    private let seed: UInt64

    init(client: any Channel, server: any Channel, counters: ProxyCounters, seed: UInt64) {
        self.client = client
        self.server = server
        self.counters = counters
        self.seed = seed
        var generator = SeededGenerator(seed: seed)
        self.random = Double.random(in: 0..<1, using: &generator)
    }

    /// Ties the two channels together. Must run on their event loop.
    func start(_ toxics: [ToxicSpecification], closed: @escaping () -> Void) throws {
        let up = ToxicStream(direction: .upstream, from: client, to: server, counters: counters) { self.end($0) }
        let down = ToxicStream(direction: .downstream, from: server, to: client, counters: counters) { self.end($0) }
        upstream = up
        downstream = down
        apply(toxics)
        counters.update {
            $0.connections += 1
            $0.open += 1
        }
        let loopClosed = { [counters] in
            counters.update { $0.open -= 1 }
            closed()
        }
        client.closeFuture.and(server.closeFuture).assumeIsolated().whenComplete { _ in
            up.stop()
            down.stop()
            loopClosed()
        }
        try client.pipeline.syncOperations.handler(type: StreamHandler.self).attach(receiving: up, sending: down, self)
        try server.pipeline.syncOperations.handler(type: StreamHandler.self).attach(receiving: down, sending: up, self)
        client.setOption(.autoRead, value: true).whenFailure { _ in }
        server.setOption(.autoRead, value: true).whenFailure { _ in }
    }

    /// Puts other toxics in force on this connection.
    func apply(_ toxics: [ToxicSpecification]) {
        let met = toxics.filter { random < $0.toxicity }
        upstream?.replaceToxics(met.filter { $0.direction == .upstream }.map { ($0.name, $0.make(seed)) })
        downstream?.replaceToxics(met.filter { $0.direction == .downstream }.map { ($0.name, $0.make(seed)) })
    }

    /// Ends both sides.
    func end(_ kind: ConnectionEnding) {
        guard !isOver else { return }
        isOver = true
        for channel in [client, server] {
            if kind == .reset { channel.closeWithReset() } else { channel.close(promise: nil) }
        }
    }
}

extension Channel {
    /// Closes with RST instead of FIN: linger 0 makes close(2) throw away what is unsent (socket(7)).
    func closeWithReset() {
        guard let provider = self as? any SocketOptionProvider else { return close(promise: nil) }
        provider.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in self.close(promise: nil) }
    }
}
