import Cgroups
import Events
import LinuxSystem

/// How long faults take from their due moment to the write, from there to the proof, and back.
struct FaultBench {
    let place: String
    let runs: Int

    private static let faults = ["cpu", "high", "ice", "stop"]
    /// Seconds from the start of the run phase, as in the scenario.
    private static let schedule = ["cpu": 0.5, "high": 2, "ice": 3.5, "stop": 5]

    func measure() throws -> [Figure] {
        let home = try BenchCgroup("brink-bench")
        let victim = try home.busy("victim")
        // One after the other: a frozen process neither uses up its quota nor allocates.
        let scenario = """
            apiVersion: brink/v1
            id: bench
            targets: {cg: {cgroup: \(victim.cgroup.path)}, p: {process: \(victim.waiting.pid)}}
            phases: {baseline: 0s, run: 6500ms, recovery: 0s}
            faults:
            - {id: cpu, at: 500ms, for: 1s, cpu.max: {target: cg, quota: 20%}}
            - {id: high, at: 2s, for: 1s, memory.high: {target: cg, value: 70%}}
            - {id: ice, at: 3500ms, for: 1s, cgroup.freeze: {target: cg}}
            - {id: stop, at: 5s, for: 1s, process.signal: {target: p, signal: STOP}}
            """
        var series: [String: [Double]] = [:]
        let run = BrinkRun(place: place)
        for _ in 0..<runs {
            try run.finish(try run.start(scenario), within: 120)
            for (name, value) in Self.times(in: try run.events()) { series[name, default: []].append(value) }
        }
        try home.remove()
        let names = Self.faults.flatMap { id in
            ["due to written", "schedule to written", "written to verified", "undo"].map {
                "\(Self.knobs[id] ?? id): \($0)"
            }
        }
        return names.compactMap { Figure("faults", $0, "ms", series[$0] ?? []) }
    }

    private static let knobs = [
        "cpu": "cpu.max", "high": "memory.high", "ice": "cgroup.freeze", "stop": "process.signal STOP",
    ]

    /// Milliseconds by name.
    private static func times(in events: [RunEvent]) -> [(String, Double)] {
        var written: [String: Double] = [:]
        var times: [(String, Double)] = []
        var start: Double?
        for event in events {
            switch event.kind {
            case .phase(let change) where change.phase == .run:
                start = event.time
            case .write(let write):
                guard let milliseconds = write.milliseconds, let knob = knobs[write.owner] else { continue }
                if !write.isUndo {
                    written[write.owner] = event.time
                    // The write's own figure counts from when the harness got round to it; this one from the plan.
                    if let start, let at = schedule[write.owner] {
                        times.append(("\(knob): schedule to written", (event.time - start - at) * 1000))
                    }
                }
                times.append(("\(knob): \(write.isUndo ? "undo" : "due to written")", milliseconds))
            case .fault(let change) where change.state == .verified:
                guard let start = written[change.id], let knob = knobs[change.id] else { continue }
                times.append(("\(knob): written to verified", (event.time - start) * 1000))
            default: continue
            }
        }
        return times
    }
}
