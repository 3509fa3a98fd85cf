import Cgroups
import Faults
import LinuxSystem
import Measurement
import Scenarios
import Workload

/// The probes of a run: those that its targets and services call for.
struct Instruments: Sendable {
    let measurements: RunMeasurements
    private let sessions: [SessionCountProbe]
    private let metrics: [ServiceMetricsProbe]

    init(
        scenario: Scenario, targets: [String: ResolvedTarget], services: ServiceLauncher, control: Cgroup,
        start: Duration
    ) async {
        // The harness watches itself too: what measures must cost little.
        var probes: [any Probe] = [HostProbe(), CgroupProbe(target: "harness", cgroup: control)]
        var sessions: [SessionCountProbe] = []
        for (id, target) in targets.sorted(by: { $0.key < $1.key }) {
            if let cgroup = target.cgroup {
                probes.append(CgroupProbe(target: id, cgroup: cgroup))
            }
            if let process = target.process { probes.append(ProcessProbe(target: id, process: process)) }
            if let link = target.link { probes.append(LinkProbe(target: id, link: link)) }
            if let server = target.postgres, target.isScratchCluster, let database = await services.directDatabase {
                sessions.append(
                    SessionCountProbe(target: id, database: database, isStopping: { server.isStopping() }))
            }
        }
        let metrics = await services.services.values.compactMap(\.metricsURL).map(ServiceMetricsProbe.init(url:))
        self.sessions = sessions
        self.metrics = metrics
        let sampler = Sampler(probes: probes + sessions as [any Probe] + metrics as [any Probe], start: start)
        measurements = RunMeasurements(
            sampler: sampler, recorder: LoadRecorder(), start: start,
            steadyState: scenario.steadyState)
    }

    func begin() async {
        for probe in sessions { probe.begin() }
        for probe in metrics { probe.begin() }
    }

    func end() async {
        for probe in sessions { await probe.end() }
        for probe in metrics { await probe.end() }
    }
}
