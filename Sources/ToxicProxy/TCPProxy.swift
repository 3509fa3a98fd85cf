import CLinux
import Glibc

/// A proxied link with toxics that can be changed while connections are open.
public actor TCPProxy {
    /// How a proxy treats the world, besides where it listens and whom it dials.
    public struct Settings: Hashable, Sendable {
        /// Time a dial of the server may take, and after it as much for the handshakes where there is TLS.
        public var dialTimeout: Duration
        /// Stops listening when a dial fails, and listens again when one succeeds; looked at every 250 ms meanwhile.
        public var refusesWhileDown: Bool
        /// Follows PostgreSQL's protocol, which toxics of type `postgres` need. Bytes are in user space then.
        public var followsPostgres: Bool
        /// Clients speak TLS, which ends here; nil where they speak plainly. Bytes are in user space then.
        public var terminate: TLSServerSettings?
        /// The server is spoken to in TLS; nil where plainly. Bytes are in user space then.
        public var originate: TLSClientSettings?

        public init(
            dialTimeout: Duration = .seconds(10), refusesWhileDown: Bool = false, followsPostgres: Bool = false,
            terminate: TLSServerSettings? = nil, originate: TLSClientSettings? = nil
        ) {
            self.dialTimeout = dialTimeout
            self.refusesWhileDown = refusesWhileDown
            self.followsPostgres = followsPostgres
            self.terminate = terminate
            self.originate = originate
        }

        /// Reads the files that TLS needs, and keeps nothing of them.
        /// - Parameter upstream: the server's address, as a proxy has it.
        /// - Throws: when a proxy with these settings could not start because of one; says which and what to do.
        public func checkTLS(upstream: String) throws(ProxyFailure) {
            _ = try ProxyTLS(self, upstream: upstream)
        }
    }

    public nonisolated let counters = ProxyCounters()
    /// Address as it was asked for; once the proxy listens, as the kernel has it: a number for a name, the port for 0.
    public private(set) var listen: String
    public private(set) var upstream: String
    /// The toxics in force, in the order they were added.
    public var toxics: [ToxicSpecification] { active.map(\.specification) }

    public private(set) var settings: Settings
    private let seed: UInt64
    private let place: SocketPlace?
    private var core: ProxyCore?
    private var reactors: [Reactor] = []
    private var listener: Int32?
    /// Of the listener, when it is on a unix socket.
    private var socketPath: String?
    /// Whether the proxy is to serve; with `refusesWhileDown` it may not listen all the same.
    private var isEnabled = false
    private var watch: Task<Void, Never>?
    private var active: [ActiveToxic] = []
    private var added = 0

    /// - Parameters:
    ///   - seed: makes the choices of toxics repeatable, by the order of connections.
    ///   - place: where the listening socket is made; nil for the network namespace of this process.
    public init(
        listen: String, upstream: String, seed: UInt64, settings: Settings = Settings(),
        listeningIn place: SocketPlace? = nil
    ) {
        self.place = place
        self.listen = listen
        self.upstream = upstream
        self.seed = seed
        self.settings = settings
    }

    /// Whether new connections are accepted.
    public var isListening: Bool { listener != nil }

    /// Starts to listen.
    /// - Throws: when an address is none, the port is in use, the address is not this machine's, or a file that TLS needs
    ///   cannot be used.
    public func start() async throws(ProxyFailure) {
        guard !isEnabled else { return }
        let tls = try ProxyTLS(settings, upstream: self.upstream)
        let upstream = try ProxyAddress(upstream)
        reactors = try ReactorGroup.shared()
        core = ProxyCore(
            upstream: upstream, counters: counters, dialTimeout: settings.dialTimeout.nanoseconds,
            followsPostgres: settings.followsPostgres, tls: tls, reactors: reactors, seed: seed
        ) { [weak self] in
            Task { [weak self] in await self?.serverIsDown() }
        }
        try await open()
        isEnabled = true
    }

    /// Stops listening and cuts every connection. `start()` listens on the same address again.
    public func stop() async {
        guard isEnabled else { return }
        isEnabled = false
        watch?.cancel()
        watch = nil
        await close()
        guard let core else { return }
        for reactor in reactors {
            await reactor.perform { reactor in
                reactor.branches[core.number]?.cut()
                reactor.branches[core.number] = nil
            }
        }
    }

    /// Whether the proxy serves.
    public var isRunning: Bool { isEnabled }

    /// Other addresses and settings, for the next start.
    public func move(listen: String, upstream: String, settings: Settings) {
        self.listen = listen
        self.upstream = upstream
        self.settings = settings
    }

    /// Adds a toxic to all open and coming connections; in force when this returns.
    public func add(_ toxic: ToxicSpecification) async {
        added += 1
        active.append(
            ActiveToxic(specification: toxic, number: added, revision: 0, start: .now(), shared: SharedPace()))
        await applyToxics()
    }

    /// Puts other values in force for the toxic of that name.
    public func change(_ toxic: ToxicSpecification) async {
        guard let index = active.firstIndex(where: { $0.specification.name == toxic.name }) else { return }
        let former = active[index]
        active[index] = ActiveToxic(
            specification: toxic, number: former.number, revision: former.revision + 1, start: .now(),
            shared: former.shared)
        await applyToxics()
    }

    /// Removes the toxic of that name. What it held back goes on at once; connections whose bytes it swallowed end.
    public func remove(toxic name: String) async {
        active.removeAll { $0.specification.name == name }
        await applyToxics()
    }

    public func removeAllToxics() async {
        active = []
        await applyToxics()
    }

    private func applyToxics() async {
        guard isEnabled, let core else { return }
        let toxics = active
        for reactor in reactors {
            await reactor.perform { $0.branches[core.number]?.apply(toxics) }
        }
    }

    /// Opens the listener on all reactors.
    private func open() async throws(ProxyFailure) {
        guard listener == nil, let core else { return }
        let address = try ProxyAddress(listen)
        var resolved = try address.resolve()
        try await removeStaleSocket(address)
        var descriptor = makeListener(resolved)
        if descriptor == -EAFNOSUPPORT, case .inet("", let port) = address.kind {
            // A machine without IPv6.
            _ = cl_address_inet(&resolved, "0.0.0.0", port)
            descriptor = makeListener(resolved)
        }
        guard descriptor >= 0 else {
            throw ProxyFailure(
                "cannot listen on \(listen): \(KernelWords.of(descriptor)); choose another address or port")
        }
        var bound = cl_address()
        if case .inet = address.kind, cl_stream_name(descriptor, &bound) == 0 {
            var text = [CChar](repeating: 0, count: 64)
            _ = cl_address_text(&bound, &text, text.count)
            listen = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        listener = descriptor
        if case .unix(let path) = address.kind { socketPath = path }
        let toxics = active
        let socket = descriptor
        for reactor in reactors {
            await reactor.perform { reactor in
                let branch = reactor.branches[core.number] ?? ProxyBranch(core, on: reactor, toxics)
                reactor.branches[core.number] = branch
                _ = branch.listen(on: socket)
            }
        }
    }

    /// - Returns: its descriptor, or -errno.
    private func makeListener(_ address: cl_address) -> Int32 {
        let make: @Sendable () -> Int32 = { withUnsafePointer(to: address) { cl_stream_listen($0, 4096) } }
        return place.map { $0(make) } ?? make()
    }

    private func close() async {
        guard let descriptor = listener, let core else { return }
        listener = nil
        for reactor in reactors {
            await reactor.perform { $0.branches[core.number]?.stopListening() }
        }
        _ = Glibc.close(descriptor)
        if let socketPath { _ = unlink(socketPath) }
        socketPath = nil
    }

    /// A socket file that nobody serves any more is in the way of a new one.
    private func removeStaleSocket(_ address: ProxyAddress) async throws(ProxyFailure) {
        guard case .unix(let path) = address.kind, access(path, F_OK) == 0 else { return }
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else {
            throw ProxyFailure("cannot listen on \(listen): the path exists and is no socket; choose another")
        }
        if await ServerCheck.answers(address) {
            throw ProxyFailure("cannot listen on \(listen): somebody listens there; choose another path")
        }
        _ = unlink(path)
    }

    private func serverIsDown() async {
        guard settings.refusesWhileDown, isEnabled, watch == nil, let core else { return }
        await close()
        let server = core.upstream
        watch = Task { [weak self] in
            while !Task.isCancelled, await !ServerCheck.answers(server) {
                do { try await Task.sleep(for: .milliseconds(250)) } catch { return }
            }
            await self?.serverIsBack()
        }
    }

    private func serverIsBack() async {
        guard !Task.isCancelled, isEnabled else { return }
        watch = nil
        do {
            try await open()
        } catch {
            // Somebody took the port meanwhile: look again as long as that is so.
            await serverIsDown()
        }
    }
}
