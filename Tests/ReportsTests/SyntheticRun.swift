import Events
import Foundation

/// A run as the engine would tell it: four faults on three targets, seen by ten samples a second.
struct SyntheticRun {
    /// Length in seconds; the phases and faults are stretched to it.
    var length = 90.0
    /// More metrics of the kind that no chart shows.
    var extraMetrics = 0
    var hasEnd = true

    private struct Fault {
        let id: String
        let name: String
        let target: String
        let schedule: String
        let start: Double
        let end: Double
        let evidence: String
        let recovery: Double
    }

    /// Moments as fractions of the run.
    private static let faults = [
        Fault(
            id: "squeeze", name: "memory.high", target: "pool", schedule: "at 2s for 26s", start: 0.16, end: 0.48,
            evidence: "memory.events high rose by 4112", recovery: 0.02),
        Fault(
            id: "lag", name: "toxic.latency", target: "link", schedule: "at 4s for 24s", start: 0.20, end: 0.50,
            evidence: "round trip 41.2 ms, before 0.3 ms", recovery: 0.03),
        Fault(
            id: "kill", name: "postgres.kill", target: "db", schedule: "at 12s, restart after 4s", start: 0.32,
            end: 0.32, evidence: "the postmaster has ended", recovery: 0.09),
        Fault(
            id: "starve", name: "cpu.max", target: "pool", schedule: "when pool.wait.p95 > 500ms for 1s for 5s",
            start: 0.37, end: 0.43, evidence: "throttled 3.9 s of 5 s", recovery: 0.06),
    ]

    var events: [RunEvent] {
        var events = [
            RunEvent(0, .started(start)), RunEvent(0.01, .phase(.init(.setup))),
            RunEvent(0.4, .message(.init(.info, "PostgreSQL 15.13 started, pid 4711"))),
        ]
        events.append(RunEvent(at(0.05), .phase(.init(.baseline))))
        events.append(RunEvent(at(0.14), .phase(.init(.run))))
        events.append(RunEvent(at(0.55), .phase(.init(.recovery))))
        for fault in SyntheticRun.faults { events += course(of: fault) }
        var tick = 1
        while Double(tick) * 0.1 < length * 0.97 {
            let time = Double(tick) * 0.1
            if time > at(0.05) { events.append(RunEvent(time, .sample(Sample(values: sample(at: time, tick: tick))))) }
            if time > at(0.08) { events.append(RunEvent(time, .window(window(at: time)))) }
            tick += 1
        }
        events.append(RunEvent(at(0.35), .message(.init(.warning, "the pool refused 37 connections"))))
        events += oomKills
        if hasEnd { events += ending }
        return events.sorted { $0.time < $1.time }
    }

    private func at(_ share: Double) -> Double { (share * length * 1000).rounded() / 1000 }

    /// The beginning of a run of another scenario.
    static func start(of scenario: String) -> RunStart {
        var start = SyntheticRun().start
        start.scenario = scenario
        return start
    }

    var start: RunStart {
        RunStart(
            format: 1, run: "20250614T101500Z-7f3a", scenario: "cascade.pool-and-database",
            why: "A pool that is short of memory, a slow network and a database that is killed, all at once: does the "
                + "service answer again within seconds after the database is back, and is every acknowledged order "
                + "still there?",
            seed: 20_240_601, startedAt: "2025-06-14T10:15:00Z", brinkVersion: "1.0.0",
            environment: [
                "kernel": "6.12.41+deb12-amd64", "cpu": "2 × AMD EPYC 7B13", "memory": "3.9 GiB",
                "postgres": "15.13 (Debian 15.13-0+deb12u1)", "pgbouncer": "1.18.0",
            ],
            phases: ["baseline": 8, "run": 36, "recovery": 30],
            faults: SyntheticRun.faults.map {
                .init(id: $0.id, name: $0.name, target: $0.target, schedule: $0.schedule)
            },
            checks: ["p99": "latency.p99 < 1500ms", "errors": "errors.rate < 1%"],
            expectations: [
                "recovery": "recovery(kill) < 8s", "integrity": "ledger.lost == 0",
                "felt": "during(kill, errors.rate) > 10%", "waits": "phase(recovery, pool.wait.p95) < 100ms",
            ])
    }

    private func course(of fault: Fault) -> [RunEvent] {
        let start = at(fault.start)
        let end = at(fault.end)
        let recovery = at(fault.recovery)
        let path = "/sys/fs/cgroup/brink.slice/\(fault.target)/\(fault.name)"
        func write(_ isUndo: Bool) -> RunEvent.Kind {
            .write(
                HostWrite(
                    owner: fault.id, subject: path, prior: "max\n", value: "268435456\n", isUndo: isUndo,
                    outcome: isUndo ? "restored" : "applied", milliseconds: 1.84))
        }
        func change(_ state: FaultChange.State, _ detail: String = "", _ seconds: Double? = nil) -> RunEvent.Kind {
            .fault(FaultChange(id: fault.id, state: state, detail: detail, recoverySeconds: seconds))
        }
        return [
            RunEvent(start, change(.due)), RunEvent(start + 0.004, write(false)),
            RunEvent(start + 0.005, change(.injected)),
            RunEvent(min(start + 0.4, max(end, start + 0.2)), change(.verified, fault.evidence)),
            RunEvent(end + 0.005, write(true)), RunEvent(end + 0.006, change(.ended)),
            RunEvent(end + recovery + 3, change(.recovered, "steady again", recovery)),
        ]
    }

    /// How hard the service is hit at a time: 0 when well, 1 when the database is gone.
    private func stress(at time: Double) -> Double {
        let share = time / length
        var stress = 0.0
        for fault in SyntheticRun.faults where share >= fault.start && share < fault.end + fault.recovery {
            stress = max(stress, fault.id == "kill" ? 1 : 0.3)
        }
        return stress
    }

    private func sample(at time: Double, tick: Int) -> [String: Double] {
        let stress = stress(at: time)
        // The same at every run of the tests, and as ragged as measurements are.
        let noise = (sin(Double(tick) * 12.9898) * 43758.5453).truncatingRemainder(dividingBy: 1).magnitude
        let mebibyte = 1_048_576.0
        var values = [
            "errors.rate": stress == 1 ? 0.4 + 0.3 * noise : 0, "throughput": (1 - stress * 0.7) * (38 + 4 * noise),
            "arrivals": 39 + 2 * noise, "errors.timeout.rate": stress == 1 ? 0.3 + 0.2 * noise : 0,
            "errors.refused.rate": stress == 1 ? 0.1 * noise : 0,
            "pool.inUse": stress == 1 ? 16 : 3 + 6 * noise * stress,
            "pool.waiting": stress == 1 ? 40 * noise : 0, "pool.wait.p95": 0.001 + stress * noise,
            "pool.wait.p50": 0.0005 + stress * noise / 3,
        ]
        // Nothing was answered for a second: there is no latency then.
        if stress < 1 || noise > 0.2 {
            values["latency.p50"] = 0.006 + 0.04 * stress + 0.002 * noise
            values["latency.p95"] = 0.012 + 0.9 * stress * noise + 0.004 * noise
            values["latency.p99"] = 0.018 + 2.9 * stress * noise + 0.02 * noise
        }
        for (index, target) in ["app", "db", "pool"].enumerated() {
            let share = target == "pool" ? stress : stress * 0.3 * noise
            values["\(target).memory.current"] = (40 + 60 * Double(index) + 90 * share + 4 * noise) * mebibyte
            values["\(target).memory.pressure.some.avg10"] = 45 * share
            values["\(target).cpu.pressure.some.avg10"] = 12 * share + 2 * noise
            values["\(target).io.pressure.some.avg10"] = 8 * share
        }
        values["db.connections.active"] = stress == 1 && noise < 0.5 ? 0 : 2 + 6 * noise
        for index in 0..<extraMetrics { values["pool.memory.events.extra\(index)"] = noise * Double(index) }
        return values
    }

    private func window(at time: Double) -> WindowVerdict {
        let stress = stress(at: time - 1)
        return WindowVerdict(
            start: time - 3, end: time, holds: stress < 1, values: ["latency.p99": stress, "errors.rate": stress],
            failing: stress < 1 ? [] : ["p99", "errors"])
    }

    /// The pool's main process, then a bystander.
    private var oomKills: [RunEvent] {
        let times = (1...400).map { Double($0 - 400) / 50 }
        let lead = OOMKill.Lead(
            target: "pool", times: times,
            series: [
                "current": times.map { 200e6 + $0 * 10e6 }, "anon": times.map { 150e6 + $0 * 8e6 },
                "file": times.map { 40e6 + $0 * 4e6 }, "swap": times.map { _ in nil },
                "refaults": times.map { $0 < -4 ? 0 : 900 }, "pressure.some": times.map { max(0, 0.9 + $0 / 8) },
                "pressure.full": times.map { max(0, 0.6 + $0 / 8) },
            ])
        let pool = OOMKill(
            target: "pool", role: .intended,
            victim: .init(
                pid: 4712, name: "pgbouncer", cgroup: "brink.slice/pool", anonymousBytes: 98_304_000,
                fileBytes: 1_048_576, oomScoreAdjustment: 0),
            limitedBy: "brink.slice/pool", events: ["high": 4112, "max": 80, "oom": 1, "oom_kill": 1], lead: lead)
        let sibling = OOMKill(
            target: nil, role: .bystander, victim: .init(pid: 901, name: "agent", cgroup: "ci.slice/agent"),
            limitedBy: nil, events: [:], lead: nil)
        return [RunEvent(at(0.4), .oomKill(pool)), RunEvent(at(0.45), .oomKill(sibling))]
    }

    private var outage: Outage {
        let start = at(0.5)
        var outage = Outage(
            target: "db",
            stretches: [
                .init(door: .refusing, start: start, end: start + 1.2),
                .init(door: .starting, start: start + 1.2, end: start + 2),
                .init(door: .hanging, start: start + 2, end: start + 4),
            ], isOver: true)
        outage.fault = "kill"
        outage.secondsToNotice = 0.012
        outage.walBytes = 16_777_216
        outage.walSeconds = 0.5
        outage.failedInFlight = 7
        outage.unknownWrites = 3
        outage.arrivals = [0, 6, 12, 2]
        outage.secondsToWhole = 0.4
        return outage
    }

    private var ending: [RunEvent] {
        let time = at(0.97)
        return [
            RunEvent(
                time,
                .load(
                    LoadFigures(
                        phase: .run, requests: 1102, latency: ["p50": 0.021, "p95": 1.2, "p99": 2.4, "max": 5],
                        errors: ["sql.57P01": 14, "refused": 57, "timeout": 44]))),
            RunEvent(time, .phase(.init(.teardown))),
            RunEvent(
                time + 1,
                .ledger(
                    LedgerCount(
                        sent: 1102, acked: 987, failed: 71, unknown: 44, stored: 1001, lost: 0, phantom: 0,
                        unknownStored: 14, lostKeys: []))),
            RunEvent(time + 1, .outage(outage)),
            RunEvent(
                time + 1,
                .serverLog(
                    ServerLogLine(
                        target: "db", at: at(0.5) + 1, severity: "LOG", text: "redo starts at 0/15D1C50"))),
            RunEvent(
                time + 1,
                .dataSafety(
                    DataSafetyFinding(
                        check: .listAppend, verdict: .fail, figures: ["anomalies": 1, "committed": 812],
                        findings: ["G-single: T3 read key 2 as [1, 5], which misses 7 of T4"],
                        notes: ["read-committed judged as serializable"]))),
            RunEvent(
                time + 1,
                .bypass(
                    BypassFinding(
                        service: "app", verdict: .fail, figures: ["attempts": 210, "accepted": 1, "refused": 209],
                        findings: ["alg-none was let in at 12.3 s"], notes: ["never decided: retired-key"]))),
            RunEvent(
                time + 1.1,
                .expectation(
                    .init(
                        id: "recovery", that: "recovery(kill) < 8s", verdict: .fail, values: ["recovery(kill)": 8.1],
                        detail: ""))),
            RunEvent(
                time + 1.1,
                .expectation(
                    .init(
                        id: "integrity", that: "ledger.lost == 0", verdict: .pass, values: ["ledger.lost": 0],
                        detail: "987 acknowledged writes were all found"))),
            RunEvent(
                time + 1.1,
                .expectation(
                    .init(
                        id: "felt", that: "during(kill, errors.rate) > 10%", verdict: .pass,
                        values: ["during(kill, errors.rate)": 0.53], detail: ""))),
            RunEvent(
                time + 1.1,
                .expectation(
                    .init(
                        id: "waits", that: "phase(recovery, pool.wait.p95) < 100ms", verdict: .inconclusive,
                        values: [:], detail: "not measured: phase(recovery, pool.wait.p95)"))),
            RunEvent(
                time + 1.5,
                .ended(
                    RunEnd(
                        verdict: .fail, reason: "expectation failed: recovery", exitCode: 1, hostRestored: true,
                        residues: [], changes: 4))),
        ]
    }
}
