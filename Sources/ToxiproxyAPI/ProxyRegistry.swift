import ToxicProxy

/// The proxies of a server, by name. One change at a time: what a request has checked stays so until it is done.
actor ProxyRegistry {
    private struct Entry {
        let proxy: TCPProxy
        /// The address as it was asked for, before a name or a port was found for it.
        let asked: String
    }

    private var entries: [String: Entry] = [:]
    private let seed: UInt64
    private let onChange: @Sendable ([ProxyDescription]) async -> Void
    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// - Parameter onChange: told of all proxies after every change.
    init(seed: UInt64, onChange: @escaping @Sendable ([ProxyDescription]) async -> Void = { _ in }) {
        self.seed = seed
        self.onChange = onChange
    }

    // MARK: Looking

    func all() async -> [ProxyDescription] {
        var descriptions: [ProxyDescription] = []
        for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
            descriptions.append(await ProxyDescription(name, entry.proxy))
        }
        return descriptions
    }

    func show(_ name: String) async throws -> ProxyDescription {
        await ProxyDescription(name, try find(name))
    }

    func toxics(of name: String) async throws -> [ToxicDescription] { try await show(name).toxics }

    func toxic(_ toxic: String, of name: String) async throws -> ToxicDescription {
        ToxicDescription(try await find(toxic, in: find(name)))
    }

    /// Every proxy with what it has counted.
    func counters() async -> [(proxy: ProxyDescription, reading: ProxyCounters.Reading)] {
        var readings: [(proxy: ProxyDescription, reading: ProxyCounters.Reading)] = []
        for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
            readings.append((await ProxyDescription(name, entry.proxy), entry.proxy.counters.reading))
        }
        return readings
    }

    // MARK: Changing

    func create(_ request: ProxyRequest) async throws -> ProxyDescription {
        try await changing {
            guard let name = request.name, !name.isEmpty else { throw APIError.missing("name") }
            guard let upstream = request.upstream, !upstream.isEmpty else { throw APIError.missing("upstream") }
            guard self.entries[name] == nil else { throw APIError.proxyExists }
            return try await self.make(name, upstream, request)
        }
    }

    /// Creates what is new, replaces what has other addresses, leaves alone what is the same.
    /// - Returns: those done, and the mistake at which it stopped.
    func populate(_ requests: [ProxyRequest]) async -> (proxies: [ProxyDescription]?, error: APIError?) {
        do {
            let proxies = try await changing {
                var names: Set<String> = []
                // All is checked before anything is changed.
                for (index, request) in requests.enumerated() {
                    guard let name = request.name, !name.isEmpty else {
                        throw APIError.missing("name at proxy \(index + 1)")
                    }
                    guard request.upstream?.isEmpty == false else {
                        throw APIError.missing("upstream at proxy \(index + 1)")
                    }
                    guard names.insert(name).inserted else {
                        throw APIError.failed("duplicate proxy name \"\(name)\"")
                    }
                    _ = try request.specifications()
                    try self.checkTLS(of: request.settings(), upstream: request.upstream ?? "")
                }
                var done: [ProxyDescription] = []
                for request in requests { done.append(try await self.put(request)) }
                return done
            }
            return (proxies, nil)
        } catch let error as APIError {
            return (nil, error)
        } catch {
            return (nil, .failed("\(error)"))
        }
    }

    func update(_ name: String, _ request: ProxyRequest) async throws -> ProxyDescription {
        try await changing {
            let proxy = try self.find(name)
            let wasRunning = await proxy.isRunning
            let listen = await proxy.listen
            let upstream = await proxy.upstream
            let settings = await proxy.settings
            let newSettings = try request.settings(over: settings)
            let newListen = request.listen ?? listen
            let newUpstream = request.upstream ?? upstream
            if newListen != listen || newUpstream != upstream || newSettings != settings {
                try self.checkTLS(of: newSettings, upstream: newUpstream)
                await proxy.stop()
                await proxy.move(listen: newListen, upstream: newUpstream, settings: newSettings)
            }
            if request.enabled ?? wasRunning { try await proxy.start() } else { await proxy.stop() }
            return await ProxyDescription(name, proxy)
        }
    }

    func delete(_ name: String) async throws {
        try await changing {
            await (try self.find(name)).stop()
            self.entries[name] = nil
        }
    }

    /// Enables all proxies and removes all toxics.
    func reset() async throws {
        try await changing {
            for entry in self.entries.values {
                try await entry.proxy.start()
                await entry.proxy.removeAllToxics()
            }
        }
    }

    func addToxic(_ request: ToxicRequest, to name: String) async throws -> ToxicDescription {
        try await changing {
            let proxy = try self.find(name)
            let toxic = try request.specification()
            guard await !proxy.toxics.contains(where: { $0.name == toxic.name }) else { throw APIError.toxicExists }
            try await self.check([toxic], on: proxy.settings)
            await proxy.add(toxic)
            return ToxicDescription(toxic)
        }
    }

    func updateToxic(_ toxic: String, of name: String, _ request: ToxicRequest) async throws -> ToxicDescription {
        try await changing {
            let proxy = try self.find(name)
            let changed = try request.changing(try await self.find(toxic, in: proxy))
            await proxy.change(changed)
            return ToxicDescription(changed)
        }
    }

    func removeToxic(_ toxic: String, of name: String) async throws {
        try await changing {
            let proxy = try self.find(name)
            _ = try await self.find(toxic, in: proxy)
            await proxy.remove(toxic: toxic)
        }
    }

    /// Stops all proxies, without counting as a change.
    func stop() async {
        for entry in entries.values { await entry.proxy.stop() }
    }

    // MARK: Inside

    /// Does one thing after the other, and tells of it.
    private func changing<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        if isBusy { await withCheckedContinuation { waiting.append($0) } }
        isBusy = true
        defer {
            if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() }
        }
        do {
            let value = try await body()
            await onChange(await all())
            return value
        } catch let failure as ProxyFailure {
            throw APIError.failed(failure.description)
        }
    }

    private func make(_ name: String, _ upstream: String, _ request: ProxyRequest) async throws -> ProxyDescription {
        let toxics = try request.specifications() ?? []
        let settings = try request.settings()
        try check(toxics, on: settings)
        try checkTLS(of: settings, upstream: upstream)
        let listen = request.listen ?? ""
        let proxy = TCPProxy(
            listen: listen.isEmpty ? ":0" : listen, upstream: upstream, seed: seed, settings: settings)
        for toxic in toxics { await proxy.add(toxic) }
        if request.enabled ?? true { try await proxy.start() }
        entries[name] = Entry(proxy: proxy, asked: listen)
        return await ProxyDescription(name, proxy)
    }

    private func put(_ request: ProxyRequest) async throws -> ProxyDescription {
        guard let name = request.name, let upstream = request.upstream else { throw APIError.missing("name") }
        guard let entry = entries[name] else { return try await make(name, upstream, request) }
        let proxy = entry.proxy
        let listen = await proxy.listen
        let isSameAddress = request.listen ?? "" == entry.asked || request.listen == listen
        let isSameServer = await upstream == proxy.upstream
        let (old, new) = (await proxy.settings, try request.settings())
        let isSameTLS = old.terminate == new.terminate && old.originate == new.originate
        guard isSameAddress, isSameServer, isSameTLS else {
            await proxy.stop()
            entries[name] = nil
            return try await make(name, upstream, request)
        }
        if request.enabled ?? true { try await proxy.start() } else { await proxy.stop() }
        if let toxics = try request.specifications() {
            await proxy.removeAllToxics()
            for toxic in toxics { await proxy.add(toxic) }
        }
        return await ProxyDescription(name, proxy)
    }

    /// What acts on messages needs a proxy that sees them, from a connection's first byte on.
    private func check(_ toxics: [ToxicSpecification], on settings: TCPProxy.Settings) throws(APIError) {
        guard !settings.followsPostgres, let toxic = toxics.first(where: \.needsProtocol) else { return }
        throw .badBody("\(toxic.name): the proxy does not follow PostgreSQL's protocol; set \"protocol\": \"postgres\"")
    }

    /// A file that cannot be used is the request's mistake, and is found before anything is changed.
    private func checkTLS(of settings: TCPProxy.Settings, upstream: String) throws(APIError) {
        do throws(ProxyFailure) {
            try settings.checkTLS(upstream: upstream)
        } catch {
            throw .badBody(error.description)
        }
    }

    private func find(_ name: String) throws(APIError) -> TCPProxy {
        guard let entry = entries[name] else { throw .proxyNotFound }
        return entry.proxy
    }

    private func find(_ name: String, in proxy: TCPProxy) async throws(APIError) -> ToxicSpecification {
        guard let toxic = await proxy.toxics.first(where: { $0.name == name }) else { throw .toxicNotFound }
        return toxic
    }
}
