import CLinux
import Glibc
import PostgresWire
import SeededRandom

/// A client's socket and the one to the server, with a stream for each direction. Belongs to one reactor's thread.
final class ProxyConnection {
    private enum State {
        case dialing
        /// The server is reached; TLS has yet to begin on one side or both.
        case securing
        case open
        /// The sender is gone without a word; only the receiver's socket is left.
        case vanished
        case over
    }

    private unowned let branch: ProxyBranch
    private let reactor: Reactor
    private let client: ConnectionSide
    private let peer: cl_address
    private let seed: UInt64
    private var server: ConnectionSide?
    private var upstream: StreamPump?
    private var downstream: StreamPump?
    private var state = State.dialing
    private var opening: ConnectionOpening?
    /// Where the protocol is followed.
    private var conversation: WireConversation?
    /// When a dial, or what comes before the streams after it, has taken too long.
    private(set) var deadline = Moment.never

    var isOpen: Bool { state == .open }

    init(client: Int32, peer: cl_address, seed: UInt64, on branch: ProxyBranch) {
        self.client = ConnectionSide(descriptor: client)
        self.peer = peer
        self.seed = seed
        self.branch = branch
        reactor = branch.reactor
        self.client.connection = self
    }

    /// Starts to connect to the server.
    func dial(_ address: cl_address, within timeout: Int64) {
        let descriptor = withUnsafePointer(to: address) { cl_stream_dial($0) }
        guard descriptor >= 0 else { return failDial() }
        let server = ConnectionSide(descriptor: descriptor)
        server.connection = self
        self.server = server
        guard reactor.watch(descriptor, ConnectionSide.events, for: server) >= 0 else { return failDial() }
        deadline = .now() + timeout
        branch.expect(self)
    }

    func ready(_ side: ConnectionSide, _ events: Readiness) {
        let failed = events.contains(.failed)
        if !events.isDisjoint(with: [.peerEnded, .hungUp]) { side.peerHasEnded = true }
        switch state {
        case .dialing:
            // The server may have spoken already, and is not reported again for that.
            side.isReadable = events.contains(.readable)
            if side === server { finishDial(mayHaveFailed: failed || events.contains(.hungUp)) }
        case .securing:
            // It may be over with the handshake, and is not reported again for what it has sent already.
            side.isReadable = true
            secure(side)
        case .open:
            let isOver = failed || events.contains(.hungUp)
            if isOver || !events.isDisjoint(with: [.readable, .peerEnded]) {
                side.isReadable = true
                (side === client ? upstream : downstream)?.pump()
            }
            guard isOpen else { return }
            if failed, cl_stream_error(side.descriptor) != 0 { return end(.reset) }
            if !side.isWritable, isOver || events.contains(.writable) {
                side.isWritable = true
                (side === client ? downstream : upstream)?.pump()
            }
        case .vanished:
            // The one that was kept in the dark has given up.
            if !events.isDisjoint(with: [.peerEnded, .hungUp, .failed]) { end(.close) }
        case .over: break
        }
    }

    /// Puts other toxics in force on this connection.
    func apply(_ toxics: [ActiveToxic]) {
        switch state {
        case .open:
            let met = toxics.filter(meets)
            if let actions = conversation?.replace(rules: met.compactMap(\.specification.wireRule)) {
                carryOut(actions)
            }
            for pump in [upstream, downstream] {
                guard let pump, isOpen else { continue }
                pump.apply(met.filter { $0.specification.direction == pump.direction }, make: make)
            }
        case .vanished where !toxics.contains { $0.specification.type == HalfOpenToxic.type && meets($0) }:
            end(.reset)
        case .dialing, .securing, .vanished, .over: break
        }
    }

    /// Ends the connection; `source` is the side whose stream is the reason.
    func end(_ kind: ConnectionEnding, from source: ConnectionSide? = nil) {
        guard state != .over else { return }
        let wasEstablished = state != .dialing && state != .securing
        if !wasEstablished { branch.stopExpecting(self) }
        for pump in [upstream, downstream] { pump?.dispose() }
        if kind == .vanish, let source {
            state = .vanished
            source.close(.reset, on: reactor)
            return
        }
        state = .over
        client.close(kind, on: reactor)
        server?.close(kind, on: reactor)
        branch.forget(self, wasEstablished: wasEstablished)
    }

    var isFollowed: Bool { conversation != nil }

    /// Takes what a side sent, nil for its end, through the rules of the protocol.
    func follow(_ bytes: Bytes?, from direction: StreamDirection) {
        let side: WireSide = direction == .upstream ? .client : .server
        guard let actions = bytes.map({ conversation?.receive($0, from: side) }) ?? conversation?.end(of: side) else {
            return
        }
        carryOut(actions)
    }

    private func carryOut(_ actions: [WireAction]) {
        let now = Moment.now()
        let counters = branch.proxy.counters
        var last = downstream
        for action in actions {
            switch action {
            case .forward(let side, let bytes, let delay):
                last = side == .server ? upstream : downstream
                last?.take(.bytes(bytes), due: now + delay)
            case .end(let side): (side == .server ? upstream : downstream)?.take(.end, due: now)
            case .close(let reset): last?.take(.ending(reset ? .reset : .close), due: now)
            case .matched(let rule):
                var counts = ProxyCounters.Toxic()
                counts.messages = 1
                counters.add([rule: counts])
            case .refused(let reason): counters.update { $0.lastRefusal = reason }
            }
        }
        for pump in [upstream, downstream] where isOpen { pump?.pump() }
    }

    func endIfBothHaveEnded() {
        if upstream?.endIsSent == true, downstream?.endIsSent == true { end(.close) }
    }

    /// - Parameter mayHaveFailed: whether the server's socket is one that was never connected, or no longer is.
    private func finishDial(mayHaveFailed: Bool) {
        guard let server, !mayHaveFailed || cl_stream_error(server.descriptor) == 0 else { return failDial() }
        guard reactor.watch(client.descriptor, ConnectionSide.events, for: client) >= 0 else { return failDial() }
        guard let tls = branch.proxy.tls else { return establish(server) }
        opening = tls.opening(of: client, from: peer, to: server, branch.proxy)
        state = .securing
        deadline = .now() + branch.proxy.dialTimeout
        branch.expect(self)
        secure()
    }

    /// Goes on with the handshakes.
    /// - Parameter side: the one that is ready; nil for both.
    private func secure(_ side: ConnectionSide? = nil) {
        switch opening?.proceed(side) {
        case .waiting: break
        case .failed(let reason, let isServer): failHandshake(reason, isServer: isServer)
        case .done, nil:
            opening = nil
            if let server { establish(server) }
        }
    }

    private func failHandshake(_ reason: String, isServer: Bool) {
        branch.proxy.counters.update { $0.failHandshake(reason, isServer: isServer) }
        // An alert that says why may be on its way, and a reset would overtake it.
        (isServer ? server : client)?.close(.close, on: reactor)
        end(.reset)
    }

    private func establish(_ server: ConnectionSide) {
        let counters = branch.proxy.counters
        let traffic = branch.traffic
        if branch.proxy.followsPostgres { conversation = WireConversation(rules: [], seed: seed) }
        upstream = StreamPump(.upstream, from: client, to: server, of: self, on: reactor, counters, traffic)
        downstream = StreamPump(.downstream, from: server, to: client, of: self, on: reactor, counters, traffic)
        state = .open
        branch.stopExpecting(self)
        counters.update {
            $0.connections += 1
            $0.open += 1
        }
        apply(branch.toxics)
        // Most clients have sent something by now: looking at once saves a turn of the loop.
        client.isReadable = true
        if isOpen { upstream?.pump() }
        if isOpen, server.isReadable { downstream?.pump() }
    }

    /// The client sees a reset, as it would from a host whose port is closed behind a load balancer.
    func failDial() {
        if state == .securing, let late = opening?.timeout(branch.proxy.dialTimeout) {
            return failHandshake(late.reason, isServer: late.isServer)
        }
        guard state == .dialing else { return }
        branch.stopExpecting(self)
        branch.proxy.counters.update { $0.failedDials += 1 }
        branch.proxy.reportFailedDial()
        end(.reset)
    }

    private func meets(_ toxic: ActiveToxic) -> Bool {
        let specification = toxic.specification
        guard specification.clients.isEmpty || specification.clients.contains(where: { $0.contains(peer) })
        else { return false }
        guard specification.toxicity < 1 else { return true }
        var generator = generator(for: toxic)
        return Double.random(in: 0..<1, using: &generator) < specification.toxicity
    }

    private func make(_ toxic: ActiveToxic) -> any Toxic {
        var generator = generator(for: toxic)
        // The first draw was whether it applies.
        _ = generator.next()
        return toxic.specification.make(
            ToxicContext(generator: generator, start: toxic.start, shared: toxic.shared))
    }

    /// The same choices for the same connection and toxic, whenever it is asked.
    private func generator(for toxic: ActiveToxic) -> SeededGenerator {
        SeededGenerator(seed: seed &+ UInt64(toxic.number) &* 0x9e37_79b9_7f4a_7c15)
    }
}
