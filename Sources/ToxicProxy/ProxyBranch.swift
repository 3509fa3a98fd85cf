import CLinux
import Glibc

/// One proxy on one reactor: its listener, which all reactors share, and its connections there.
final class ProxyBranch: Watched, Timed {
    let proxy: ProxyCore
    let reactor: Reactor
    let traffic: TrafficCounts
    private(set) var toxics: [ActiveToxic] = []
    private var listener: Int32?
    private var connections: [ObjectIdentifier: ProxyConnection] = [:]
    /// Those whose server has not answered yet.
    private(set) var dialing: [ObjectIdentifier: ProxyConnection] = [:]
    private var isListenerPaused = false
    /// The next look at what has taken too long.
    private var alarm = Moment.never

    init(_ proxy: ProxyCore, on reactor: Reactor, _ toxics: [ActiveToxic]) {
        self.proxy = proxy
        self.reactor = reactor
        traffic = proxy.counters.traffic(on: reactor)
        self.toxics = toxics
    }

    /// - Returns: 0 or -errno.
    func listen(on descriptor: Int32) -> Int32 {
        listener = descriptor
        // One of the waiting threads is woken for each client (EPOLLEXCLUSIVE, epoll_ctl(2)).
        return reactor.watch(descriptor, [.readable, .exclusive], for: self)
    }

    func stopListening() {
        if let listener { reactor.unwatch(listener) }
        listener = nil
        reactor.keepUntilTurnEnds(self)
    }

    func apply(_ toxics: [ActiveToxic]) {
        self.toxics = toxics
        for connection in connections.values { connection.apply(toxics) }
    }

    /// Ends every connection.
    func cut() {
        for connection in connections.values {
            if connection.isOpen { proxy.counters.update { $0.cut += 1 } }
            connection.end(.close)
        }
    }

    func forget(_ connection: ProxyConnection, wasEstablished: Bool) {
        connections[ObjectIdentifier(connection)] = nil
        reactor.load.subtract(1, ordering: .relaxed)
        if wasEstablished { proxy.counters.update { $0.open -= 1 } }
    }

    override func ready(_ events: Readiness) {
        // Not all at once: the other reactors may be idle.
        for _ in 0..<4 {
            guard let listener else { return }
            var peer = cl_address()
            let client = cl_stream_accept(listener, &peer)
            if client == -EMFILE || client == -ENFILE || client == -ENOMEM || client == -ENOBUFS {
                // Nothing to accept with: waiting clients keep the listener ready, so look away for a while.
                reactor.unwatch(listener)
                isListenerPaused = true
                setAlarm(.now() + 100_000_000)
                return
            }
            guard client >= 0 else { return }
            let seed = proxy.nextSeed()
            let chosen = proxy.place(acceptedOn: reactor)
            if chosen === reactor {
                take(client, peer, seed)
            } else {
                chosen.submit { [proxy, peer] reactor in
                    if let branch = reactor.branches[proxy.number] {
                        branch.take(client, peer, seed)
                    } else {
                        // The proxy was stopped meanwhile.
                        reactor.load.subtract(1, ordering: .relaxed)
                        _ = close(client)
                    }
                }
            }
        }
    }

    /// Looks after a dial until it is over.
    func expect(_ connection: ProxyConnection) {
        dialing[ObjectIdentifier(connection)] = connection
        setAlarm(connection.deadline)
    }

    func stopExpecting(_ connection: ProxyConnection) {
        dialing[ObjectIdentifier(connection)] = nil
    }

    func fire(at now: Moment) {
        guard now >= alarm else { return }
        alarm = .never
        if isListenerPaused, let listener {
            isListenerPaused = false
            _ = listen(on: listener)
        }
        for connection in dialing.values where connection.deadline <= now { connection.failDial() }
        if let next = dialing.values.map(\.deadline).min() { setAlarm(next) }
    }

    /// One alarm for all dials: most are over long before it goes off.
    private func setAlarm(_ due: Moment) {
        guard due < alarm else { return }
        alarm = due
        reactor.wake(self, at: due)
    }

    private func take(_ client: Int32, _ peer: cl_address, _ seed: UInt64) {
        let connection = ProxyConnection(client: client, peer: peer, seed: seed, on: self)
        connections[ObjectIdentifier(connection)] = connection
        if let address = proxy.address {
            connection.dial(address, within: proxy.dialTimeout)
            return
        }
        let number = ConnectionNumber(ObjectIdentifier(connection))
        proxy.withAddress { [proxy, reactor] address in
            reactor.submit { reactor in
                guard let connection = reactor.branches[proxy.number]?.connections[number.identifier] else { return }
                if let address {
                    connection.dial(address, within: proxy.dialTimeout)
                } else {
                    connection.failDial()
                }
            }
        }
    }

    /// Names a connection outside its thread, where it must not be touched.
    private struct ConnectionNumber: @unchecked Sendable {
        let identifier: ObjectIdentifier

        init(_ identifier: ObjectIdentifier) {
            self.identifier = identifier
        }
    }
}
