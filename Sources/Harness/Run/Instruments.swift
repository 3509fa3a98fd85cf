import Cgroups
import Events
import Faults
import LinuxSystem
import Measurement
import Postgres
import Scenarios
import Workload

/// The probes of a run: those that its targets, services and neighbours call for.
struct Instruments: Sendable {
    let measurements: RunMeasurements
    private let polling: [any PollingProbe]
    /// Of the polling ones those that take a slot of a server.
    private let servers: [PostgresProbe]
    private let oomWatch: OOMWatch
    private let events: EventRecorder

    /// - Parameter pressed: ids of the targets from which memory is to be taken.
    /// - Throws: for a neighbour that is not there.
    init(
        scenario: Scenario, targets: [String: ResolvedTarget], pressed: Set<String>, on ground: GuardedSession.Ground
    ) async throws {
        // The harness watches itself too: what measures must cost little.
        var probes: [any Probe] = [HostProbe(), CgroupProbe(target: "harness", cgroup: ground.control)]
        var polling: [any PollingProbe] = []
        var servers: [PostgresProbe] = []
        var places: [WatchedCgroup] = []
        let every = Instruments.interval(of: scenario)
        for (id, target) in targets.sorted(by: { $0.key < $1.key }) {
            let home = try target.home(in: ground.control.hierarchy)
            // Of a process it is the cgroup that it lives in, which others may share; the root is the whole machine.
            if let home, !home.path.isEmpty { probes.append(CgroupProbe(target: id, cgroup: home)) }
            if let process = target.process {
                let hasOwnCgroup = target.cgroup != nil
                probes.append(ProcessProbe(target: id, process: process, hasOwnCgroup: hasOwnCgroup))
            }
            if let pooler = target.pooler {
                polling.append(PoolerProbe(target: id, console: pooler.connection, every: every))
            }
            if let issuer = target.issuer { polling.append(IssuerProbe(target: id, issuer: issuer)) }
            if let cache = target.cache as? RedisAccess {
                polling.append(RedisProbe(target: id, address: cache.address))
            }
            if let link = target.link { probes.append(LinkProbe(target: id, link: link)) }
            if let probe = await Instruments.server(target, scenario, ground) { servers.append(probe) }
            if let cgroup = home {
                places.append(
                    WatchedCgroup(
                        id: id, cgroup: cgroup, process: target.cgroup == nil ? target.process : nil,
                        isPressed: pressed.contains(id)))
            }
        }
        for neighbour in scenario.neighbours {
            if let place = neighbour.place {
                let found = try await ground.resolver.find(Target(id: neighbour.id, kind: place), ground.services)
                if let process = found.process {
                    let hasOwnCgroup = found.cgroup != nil
                    probes.append(
                        ProcessProbe(target: neighbour.id, process: process, hasOwnCgroup: hasOwnCgroup))
                }
                if let cgroup = try found.home(in: ground.control.hierarchy) {
                    probes.append(CgroupProbe(target: neighbour.id, cgroup: cgroup))
                    probes.append(OOMCountProbe(target: neighbour.id, cgroup: cgroup))
                    places.append(WatchedCgroup(id: neighbour.id, cgroup: cgroup, isPressed: false))
                }
            }
            if let url = neighbour.url { polling.append(AnswerProbe(target: neighbour.id, url: url)) }
        }
        polling += await ground.services.services.values.compactMap(\.metricsURL).map {
            ServiceMetricsProbe(url: $0, every: every)
        }
        if scenario.asks(for: ReadinessProbe.metric) {
            polling += await ground.services.services.values.compactMap(\.readyURL).map(ReadinessProbe.init(url:))
        }
        polling += servers as [any PollingProbe]
        self.servers = servers
        self.polling = polling
        let sampler = Sampler(probes: probes + polling as [any Probe], start: ground.start)
        measurements = RunMeasurements(
            sampler: sampler, recorder: LoadRecorder(), start: ground.start, steadyState: scenario.steadyState)
        events = ground.events
        let own = ground.control.path.split(separator: "/").first.map(String.init)
        oomWatch = OOMWatch(
            places, stressor: Stressor.program, otherTrees: { HostTree.isSlice($0) && $0 != own }
        ) { [events] in await events.record(.oomKill($0)) }
    }

    /// How often servers are asked: as often as samples are taken, within what they can stand and what is still fresh.
    private static func interval(of scenario: Scenario) -> Duration {
        min(max(scenario.sampling, .milliseconds(100)), .milliseconds(300))
    }

    /// Looks at a target that is a server, over a connection to that very server.
    private static func server(
        _ target: ResolvedTarget, _ scenario: Scenario, _ ground: GuardedSession.Ground
    ) async -> PostgresProbe? {
        guard let server = target.postgres else { return nil }
        let database: String
        var counting = PostgresProbe.Counted.own
        if case .service? = scenario.targets.first(where: { $0.id == target.id })?.kind {
            // As its superuser: what sessions of others do is hidden from an ordinary role.
            guard let own = target.database?.connection else { return nil }
            // Of several settings for a keyword the last one counts (libpq, "Connection Strings").
            database = "\(own) dbname=postgres"
            counting = .other(ServiceLauncher.database)
        } else {
            // A backend that is to be killed must be one of the service's own.
            let isHit = scenario.faults.contains {
                $0.target == target.id && $0.parameters.text("role") == PostgresRole.backend.rawValue
            }
            guard !isHit else { return nil }
            switch await ServerObserver(server: server, table: target.table).look() {
            case .connection(let connection): database = connection
            case .unreadable(let reason):
                let text = "target \(target.id): its sessions are not counted: \(reason)"
                await ground.events.record(.message(Message(.info, text)))
                return nil
            }
        }
        return PostgresProbe(
            target: target.id, database: database, counting: counting, every: interval(of: scenario),
            isStopping: { server.isStopping() })
    }

    func begin() async {
        for probe in polling { probe.begin() }
        // Faults that count slots must find those of the probes taken.
        let end = MonotonicClock.now() + .seconds(1)
        for probe in servers {
            var values: [String: Double] = [:]
            while values.isEmpty, MonotonicClock.now() < end {
                // Cut short only when the run is over before it began.
                try? await Task.sleep(for: .milliseconds(10))
                probe.read(into: &values)
            }
        }
        if let trouble = await oomWatch.begin() { await events.record(.message(Message(.warning, trouble))) }
    }

    func end() async {
        for probe in polling { await probe.end() }
        await oomWatch.end()
    }
}
