import Engine
import Events
import Faults
import LinuxSystem
import Measurement
import Scenarios
import Workload

/// Watches the doors of those servers that a run's faults may shut, and says afterwards what each outage was like.
struct OutageWatch: Sendable {
    private struct Watched: Sendable {
        let id: String
        let probe: DoorProbe
        let log: ServerLog?
    }

    private let scenario: Scenario
    private let start: Duration
    private let watched: [Watched]

    /// More lines than a person reads say nothing new.
    private static let lineLimit = 400

    init(
        scenario: Scenario, targets: [String: ResolvedTarget], services: ServiceLauncher, start: Duration
    ) async {
        self.scenario = scenario
        self.start = start
        let kinds = FaultRegistry.closingDoors
        let hit = Set(scenario.faults.filter { kinds.contains($0.name) }.map(\.target))
        var watched: [Watched] = []
        for (id, target) in targets.sorted(by: { $0.key < $1.key }) where hit.contains(id) {
            guard let server = target.postgres else { continue }
            var connection = target.database?.connection
            if case .service(let service)? = scenario.targets.first(where: { $0.id == id })?.kind {
                connection = await services.database(of: service) ?? connection
            }
            guard let connection else { continue }
            watched.append(
                Watched(
                    id: id, probe: DoorProbe(target: id, connection: connection, server: server, start: start),
                    log: server.startup.output.flatMap { ServerLog(target: id, path: $0, start: start) }))
        }
        self.watched = watched
    }

    func begin() {
        for one in watched { one.probe.begin() }
    }

    /// - Parameter faults: how each went.
    func end(
        _ faults: [String: RunMachine.FaultState], load: LoadSetup.Prepared?, _ recorder: LoadRecorder
    ) async -> (outages: [Outage], lines: [ServerLogLine], remarks: [String]) {
        var outages: [Outage] = []
        var lines: [ServerLogLine] = []
        var remarks: [String] = []
        for one in watched {
            let seen = await one.probe.end()
            let written = one.log?.lines() ?? []
            for (index, outage) in seen.enumerated() {
                let next = index + 1 < seen.count ? seen[index + 1].start : .infinity
                var outage = complete(outage, until: next, written, faults, load, recorder)
                // Those that follow are new blows of a fault that goes on, whose moments only it knows.
                if outages.contains(where: { $0.target == one.id && $0.fault == outage.fault }) {
                    outage.secondsToNotice = nil
                }
                outages.append(outage)
            }
            if !seen.isEmpty, let silence = silence(of: one) { remarks.append(silence) }
            // What a door's knocks provoke is no news.
            lines += written.filter { !$0.text.contains("the database system is") || $0.severity == "LOG" }
                .prefix(OutageWatch.lineLimit)
        }
        return (outages, lines, remarks)
    }

    /// Why a server's log is not told of; nil where it is.
    private func silence(of one: Watched) -> String? {
        let reason: String
        switch one.log {
        case nil: reason = "its output goes to no file (a logging collector, syslog or a pipe takes it)"
        case let log? where log.isForeign:
            reason =
                "in \(log.path) no line begins as Brink reads it, with log_line_prefix '%m [%p] ' and log_timezone UTC"
        default: return nil
        }
        return "what \(one.id) wrote into its log, and how much WAL it replayed, is not told: \(reason)"
    }

    private func complete(
        _ outage: Outage, until next: Double, _ written: [ServerLogLine],
        _ faults: [String: RunMachine.FaultState], _ load: LoadSetup.Prepared?, _ recorder: LoadRecorder
    ) -> Outage {
        var outage = outage
        let due = scenario.faults.compactMap { fault -> (id: String, due: Double, injected: Double?)? in
            guard fault.target == outage.target, let state = faults[fault.id], let due = state.dueAt?.inSeconds,
                due <= outage.end, state.stage != .failed
            else { return nil }
            return (fault.id, due, state.injectedAt?.inSeconds)
        }
        // What an outage is first seen by may have begun to knock a moment before: then it is the first one's.
        let before = due.filter { $0.due <= outage.start }.max { $0.due < $1.due }
        if let latest = before ?? due.min(by: { $0.due < $1.due }) {
            outage.fault = latest.id
            // Injection is noted once its writes are read back. What a restart does is done by then: it counts from when it
            // was due.
            let began = latest.injected.map { $0 <= outage.start ? $0 : latest.due } ?? latest.due
            outage.secondsToNotice = max(0, outage.start - began)
        }
        // The server says that it is ready a moment before the next knock finds it so.
        let replayed = ReplayedWAL(
            written.filter { $0.at >= outage.start - 0.05 && $0.at < min(next, outage.end + 0.5) })
        outage.walBytes = replayed?.bytes
        outage.walSeconds = replayed?.seconds
        outage.failedInFlight = recorder.failures(underWayAt: outage.start)
        outage.unknownWrites =
            load?.ledger.unknownOutcomes(
                from: start + .seconds(outage.start - 0.05), to: start + .seconds(outage.end + 1))
            ?? 0
        return outage
    }
}
