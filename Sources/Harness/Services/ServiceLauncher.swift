import Cgroups
import Engine
import Events
import Faults
import Glibc
import Journal
import LinuxSystem
import NIOCore
import PlainHTTP
import Postgres
import Scenarios
import ToxicProxy

/// Starts the services and links of a scenario, each after what it depends on, and ends them again.
///
/// Everything lives in cgroups and in one scratch folder, some of it on volumes, all journaled before they are made:
/// whatever dies, the undo is to kill the cgroups, to take the volumes apart and to remove the folder.
public actor ServiceLauncher {
    /// The role and database of the reference service.
    static let database = "bookshop"
    /// libpq settings of that role; it trusts loopback.
    static let session = "user=\(database) dbname=\(database)"

    /// libpq settings of a scratch cluster's superuser, in the database of the reference service.
    static func administration(of address: String) -> String {
        let parts = address.split(separator: ":")
        return "host=\(parts.first ?? "127.0.0.1") port=\(parts.last ?? "5432") user=postgres dbname=\(database)"
    }

    let scenario: Scenario
    let tree: HostTree
    let journal: JournalWriter
    let folder: String
    let volumes: [String: MappedVolume]
    /// Folder of the templates of clusters.
    let templates: String
    let weaknesses: [String]
    let guardian: GuardianLink
    private let record: @Sendable (RunEvent.Kind) async -> Void
    public private(set) var services: [String: RunningService] = [:]
    private var starts: [String: ServiceStart] = [:]
    public private(set) var links: [String: TCPProxy] = [:]
    /// The interfaces of links whose packets are to be disturbed.
    public private(set) var networks: [String: LinkNetwork] = [:]

    /// - Parameters:
    ///   - folder: the scratch folder that `prepare` made.
    ///   - volumes: those that `VolumeMaker` made in it, by service.
    ///   - templates: where templates of clusters lie, or are kept once one was made.
    ///   - weaknesses: seeded mistakes for every bookshop, besides those of the scenario.
    ///   - guardian: supervises the services whose system calls are tampered with.
    public init(
        scenario: Scenario, tree: HostTree, journal: JournalWriter, folder: String, volumes: [String: MappedVolume],
        templates: String, weaknesses: [String], guardian: GuardianLink,
        record: @escaping @Sendable (RunEvent.Kind) async -> Void
    ) {
        self.scenario = scenario
        self.tree = tree
        self.journal = journal
        self.folder = folder
        self.volumes = volumes
        self.templates = templates
        self.weaknesses = weaknesses
        self.guardian = guardian
        self.record = record
    }

    /// Makes the scratch folder. Before the tree of cgroups, so that it is removed after what runs in them is gone.
    public static func prepare(folder: String, journal: JournalWriter) throws {
        let sequence = try journal.intend([.removeTree(path: folder)], owner: "services")
        try SystemFile.makeNewFolder(folder, mode: 0o711)
        for number in sequence { try journal.applied(number) }
    }

    /// Starts all services and links.
    public func start() async throws {
        for service in scenario.services { try await start(service) }
        for target in scenario.targets { try await startLink(target) }
    }

    /// The first PostgreSQL that the scenario starts, for reading tables past everything that is disturbed.
    ///
    /// One of its standbys comes first when it was promoted: from then on what is acknowledged is acknowledged there.
    public var directDatabase: String? {
        let cluster = scenario.services.first {
            if case .postgres(let settings) = $0.kind { settings.standbyOf == nil } else { false }
        }
        guard let cluster else { return nil }
        let servers = standbys(of: cluster.id) + [cluster]
        let addresses = servers.compactMap { services[$0.id]?.address }
        return addresses.isEmpty ? nil : connection(toAny: addresses)
    }

    /// The server that a bookshop's tables are made on, for its superuser.
    var directServer: DatabaseAccess? {
        let running = scenario.services.lazy.compactMap { service -> RunningService? in
            guard case .postgres(let settings) = service.kind, settings.standbyOf == nil else { return nil }
            return self.services[service.id]
        }.first
        guard let running, let server = running.postgres, let address = running.address else { return nil }
        return DatabaseAccess(
            connection: ServiceLauncher.administration(of: address), cluster: server, isScratch: true)
    }

    private func standbys(of service: String) -> [Service] {
        scenario.services.filter { $0.primary == service }.flatMap { [$0] + standbys(of: $0.id) }
    }

    /// A libpq connection string to a PostgreSQL service, past everything that is disturbed; nil for other services.
    func database(of service: String) -> String? {
        guard let running = services[service], running.postgres != nil else { return nil }
        return running.address.map { connection(to: $0) }
    }

    /// A libpq connection string to a service, a link or whatever else a scenario names.
    public func connection(toReference reference: String) async throws -> String {
        if let foreign = foreignConnection(reference) { return foreign }
        return connection(to: try await address(of: reference))
    }

    /// Whether a reference leads to a server that somebody else runs.
    nonisolated func isForeign(_ reference: String) -> Bool { foreignConnection(reference) != nil }

    /// Such a server is reached as the reference, or its target, says.
    private nonisolated func foreignConnection(_ reference: String) -> String? {
        if reference.contains("=") { return reference }
        switch scenario.targets.first(where: { $0.id == reference })?.kind {
        case .database(let connection), .postgres(_, let connection?): return connection
        default: return nil
        }
    }

    func connection(to address: String) -> String {
        let parts = address.split(separator: ":")
        return "host=\(parts.first ?? "127.0.0.1") port=\(parts.last ?? "5432") \(ServiceLauncher.session)"
    }

    /// To the first of several that takes writes, as libpq finds it out.
    func connection(toAny addresses: [String]) -> String {
        if addresses.count == 1, let address = addresses.first { return connection(to: address) }
        let parts = addresses.map { $0.split(separator: ":") }
        let hosts = parts.map { $0.first ?? "127.0.0.1" }.joined(separator: ",")
        let ports = parts.map { $0.last ?? "5432" }.joined(separator: ",")
        return "host=\(hosts) port=\(ports) target_session_attrs=read-write \(ServiceLauncher.session)"
    }

    /// Ends all: services are asked first, in reverse order, then their cgroups are killed by the journal's undo.
    public func stop() async {
        for service in scenario.services.reversed() {
            guard let running = services[service.id], running.postgres == nil else { continue }
            await terminate(running.start?.process ?? running.process, within: .seconds(3))
        }
        for link in links.values { await link.stop() }
    }

    /// Copies what the services wrote into the run's folder, at most the last megabyte of each.
    public func keepLogs(in folder: String) throws(SystemError) {
        if services.isEmpty { return }
        try SystemFile.makeFolders("\(folder)/logs")
        for service in services.values.sorted(by: { $0.id < $1.id }) {
            let bytes = try SystemFile.read(service.logFile).suffix(1 << 20)
            try SystemFile.replace("\(folder)/logs/\(service.id).log", Array(bytes))
        }
    }

    // MARK: Starting

    func address(of reference: String) async throws -> String {
        if let service = scenario.services.first(where: { $0.id == reference }) {
            try await start(service)
            guard let address = services[reference]?.address else {
                throw HarnessError(.preflight, "service \(reference) has no address to connect to")
            }
            return address
        }
        if let target = scenario.targets.first(where: { $0.id == reference }) {
            try await startLink(target)
            if let link = links[reference] { return await link.listen }
        }
        return reference
    }

    private func startLink(_ target: Target) async throws {
        guard case .tcpProxy(let listen, let upstream) = target.kind, links[target.id] == nil else { return }
        // A protocol is followed from a connection's first byte on, so whether it will be needed counts.
        let needsProtocol = scenario.faults.contains {
            $0.name == PostgresToxicFault.schema.name && $0.target == target.id
        }
        let server = try await address(of: upstream)
        let pair = try await interfaces(of: target.id)
        let link = TCPProxy(
            listen: pair.map { "\($0.address):0" } ?? listen, upstream: server, seed: scenario.seed,
            settings: TCPProxy.Settings(followsPostgres: needsProtocol), listeningIn: pair?.place)
        do {
            try await link.start()
        } catch {
            throw HarnessError(.preflight, "link \(target.id): \(error)")
        }
        links[target.id] = link
        networks[target.id] = pair?.network
    }

    /// A pair of interfaces of the link's own, when a fault is to act on its packets.
    private func interfaces(of link: String) async throws -> InterfacePairMaker.Pair? {
        guard FaultRegistry.needsInterfaces(link, in: scenario) else { return nil }
        let maker = InterfacePairMaker(folder: folder, journal: journal)
        return try await Blocking.run { try maker.make(for: link) }
    }

    private func start(_ service: Service) async throws {
        // Starting what it follows may start it as well.
        if let primary = service.primary { _ = try await address(of: primary) }
        guard services[service.id] == nil else { return }
        let cgroup = try tree.make(service: service.cgroup)
        var running: RunningService
        switch service.kind {
        case .postgres(let settings): running = try await startPostgres(service.id, settings, cgroup)
        case .pgbouncer(let settings): running = try await startPgBouncer(service.id, settings, cgroup)
        case .redis(let settings): running = try await startRedis(service.id, settings, cgroup)
        case .bookshop(let settings): running = try await startBookshop(service.id, settings, cgroup)
        case .issuer(let settings): running = try await startIssuer(service.id, settings, cgroup)
        case .application(let settings): running = try await startApplication(service.id, settings, cgroup)
        case .command(let settings): running = try await startCommand(service.id, settings, cgroup)
        }
        if try confinement(of: service.id) != nil {
            let target = SyscallTarget(control: guardian.syscalls, name: service.id)
            // A guardian that is gone ends the run by itself.
            try await wait(for: "its filter", of: running.process, running.logFile) {
                (try? await Blocking.run { try target.control.isAdopted(target.name) }) ?? false
            }
            running.syscalls = target
        }
        if service.isRestartable { running.start = starts[service.id] }
        services[service.id] = running
        let place = running.address.map { " on \($0)" } ?? ""
        await record(.message(Message(.info, "service \(service.id) runs\(place) in \(cgroup)")))
        // At once, for commits may wait for them.
        for standby in scenario.services where standby.primary == service.id { try await start(standby) }
    }

    /// The filter that a service is started under; nil for one whose system calls no fault is about.
    func confinement(of id: String) throws(FaultError) -> SyscallConfinement? {
        let syscalls = scenario.interceptedSyscalls(of: id)
        if syscalls.isEmpty { return nil }
        return SyscallConfinement(
            launcher: try ProgramFolder.path(of: "brink-exec"), supervisor: guardian.supervisorName, target: id,
            syscalls: syscalls)
    }

    func launch(
        _ id: String, _ program: String, _ arguments: [String], in cgroup: Cgroup,
        environment: [String: String] = [:], owner: SpawnRequest.Owner? = nil
    ) throws -> (process: ProcessIdentity, log: String) {
        let request = try request(for: id, program, arguments, in: cgroup, environment: environment, owner: owner)
        let started = try request.start()
        // The guardian takes a filter of that name once.
        if request.confinement == nil {
            starts[id] = ServiceStart(request.request, log: request.log, process: started.process)
        }
        return started
    }

    /// What starts a program, and starts it again the same way.
    func request(
        for id: String, _ program: String, _ arguments: [String], in cgroup: Cgroup,
        environment: [String: String] = [:], owner: SpawnRequest.Owner? = nil
    ) throws -> ServiceRequest {
        var variables = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"]
        variables.merge(environment) { _, new in new }
        let request = SpawnRequest(
            program, arguments, environment: variables, directory: "/", cgroup: cgroup.folder, newSession: true,
            owner: owner)
        return ServiceRequest(
            request: request, confinement: try confinement(of: id), log: "\(folder)/\(id).log")
    }
}
