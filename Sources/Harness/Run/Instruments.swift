import Cgroups
import Events
import Faults
import LinuxSystem
import Measurement
import Scenarios
import Workload

/// The probes of a run: those that its targets, services and neighbours call for.
struct Instruments: Sendable {
    let measurements: RunMeasurements
    private let polling: [any PollingProbe]
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
        var places: [WatchedCgroup] = []
        for (id, target) in targets.sorted(by: { $0.key < $1.key }) {
            if let cgroup = target.cgroup { probes.append(CgroupProbe(target: id, cgroup: cgroup)) }
            if let process = target.process { probes.append(ProcessProbe(target: id, process: process)) }
            if let link = target.link { probes.append(LinkProbe(target: id, link: link)) }
            if let server = target.postgres, target.isScratchCluster,
                let database = await ground.services.directDatabase
            {
                polling.append(
                    SessionCountProbe(target: id, database: database, isStopping: { server.isStopping() }))
            }
            if let cgroup = try target.home(in: ground.control.hierarchy) {
                places.append(
                    WatchedCgroup(
                        id: id, cgroup: cgroup, process: target.cgroup == nil ? target.process : nil,
                        isPressed: pressed.contains(id)))
            }
        }
        for neighbour in scenario.neighbours {
            if let place = neighbour.place {
                let found = try await ground.resolver.find(Target(id: neighbour.id, kind: place), ground.services)
                if let process = found.process { probes.append(ProcessProbe(target: neighbour.id, process: process)) }
                if let cgroup = try found.home(in: ground.control.hierarchy) {
                    probes.append(CgroupProbe(target: neighbour.id, cgroup: cgroup))
                    probes.append(OOMCountProbe(target: neighbour.id, cgroup: cgroup))
                    places.append(WatchedCgroup(id: neighbour.id, cgroup: cgroup, isPressed: false))
                }
            }
            if let url = neighbour.url { polling.append(AnswerProbe(target: neighbour.id, url: url)) }
        }
        polling += await ground.services.services.values.compactMap(\.metricsURL).map(ServiceMetricsProbe.init(url:))
        self.polling = polling
        let sampler = Sampler(probes: probes + polling as [any Probe], start: ground.start)
        measurements = RunMeasurements(
            sampler: sampler, recorder: LoadRecorder(), start: ground.start, steadyState: scenario.steadyState)
        events = ground.events
        oomWatch = OOMWatch(places, stressor: Stressor.program) { [events] in await events.record(.oomKill($0)) }
    }

    func begin() async {
        for probe in polling { probe.begin() }
        if let trouble = await oomWatch.begin() { await events.record(.message(Message(.warning, trouble))) }
    }

    func end() async {
        for probe in polling { await probe.end() }
        await oomWatch.end()
    }
}
