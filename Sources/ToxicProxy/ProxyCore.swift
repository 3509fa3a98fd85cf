import CLinux
import Dispatch
import Synchronization

/// What all threads know of a proxy.
final class ProxyCore: Sendable {
    let number: Int
    let upstream: ProxyAddress
    /// The server's address where no name has to be looked up for it.
    let address: cl_address?
    let counters: ProxyCounters
    /// Nanoseconds that a dial may take.
    let dialTimeout: Int64
    let followsPostgres: Bool
    /// Nil where neither side speaks TLS.
    let tls: ProxyTLS?
    private let reactors: [Reactor]
    private let seed: UInt64
    private let accepted = Atomic<UInt64>(0)
    private let resolution = Mutex(Resolution())
    private let onFailedDial: @Sendable () -> Void

    private static let proxies = Atomic<Int>(0)
    private static let queue = DispatchQueue(label: "brink.proxy.names", attributes: .concurrent)

    private struct Resolution {
        var address: cl_address?
        var since = Moment(nanoseconds: 0)
        var isUnderWay = false
        var waiting: [@Sendable (cl_address?) -> Void] = []
    }

    init(
        upstream: ProxyAddress, counters: ProxyCounters, dialTimeout: Int64, followsPostgres: Bool, tls: ProxyTLS?,
        reactors: [Reactor], seed: UInt64, onFailedDial: @escaping @Sendable () -> Void
    ) {
        number = ProxyCore.proxies.add(1, ordering: .relaxed).newValue
        self.upstream = upstream
        address = upstream.numeric
        self.counters = counters
        self.dialTimeout = dialTimeout
        self.followsPostgres = followsPostgres
        self.tls = tls
        self.reactors = reactors
        self.seed = seed
        self.onFailedDial = onFailedDial
    }

    /// Repeatable by the order of connections.
    func nextSeed() -> UInt64 { seed &+ accepted.add(1, ordering: .relaxed).newValue }

    /// Where a connection goes that this reactor has accepted; counted there from now on. The kernel wakes whom it likes,
    /// mostly the same one, and a connection stays where it is put: so the one with fewer gets it, once the difference is
    /// worth the way to another thread.
    func place(acceptedOn reactor: Reactor) -> Reactor {
        var chosen = reactor
        var least = reactor.load.load(ordering: .relaxed) - ProxyCore.tolerance
        for other in reactors {
            let load = other.load.load(ordering: .relaxed)
            if load < least { (chosen, least) = (other, load) }
        }
        chosen.load.add(1, ordering: .relaxed)
        return chosen
    }

    private static let tolerance = 4

    func reportFailedDial() { onFailedDial() }

    /// Finds the server's address and hands it on, from any thread; at once where no name has to be looked up. What was
    /// found holds for five seconds, so that a name that moves is followed.
    func withAddress(_ body: @escaping @Sendable (cl_address?) -> Void) {
        if let address { return body(address) }
        let known = resolution.withLock { resolution -> cl_address? in
            if let address = resolution.address, Moment.now() - resolution.since < 5_000_000_000 { return address }
            resolution.waiting.append(body)
            guard !resolution.isUnderWay else { return nil }
            resolution.isUnderWay = true
            ProxyCore.queue.async { [self] in lookUp() }
            return nil
        }
        if let known { body(known) }
    }

    private func lookUp() {
        var found: cl_address?
        do {
            found = try upstream.resolve()
        } catch {
            // The dials that wait fail, and say so to their clients.
        }
        let address = found
        let waiting = resolution.withLock { resolution in
            resolution.address = address
            resolution.since = .now()
            resolution.isUnderWay = false
            let waiting = resolution.waiting
            resolution.waiting = []
            return waiting
        }
        for body in waiting { body(address) }
    }
}
