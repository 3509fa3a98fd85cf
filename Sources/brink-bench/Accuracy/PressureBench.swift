import Cgroups
import Events
import LinuxSystem

/// How much of the time the pressure hold keeps a target's memory pressure where it was asked to.
struct PressureBench {
    let home: BenchCgroup
    let place: String
    let runs: Int
    let disk: String?

    private static let asked = 30.0
    /// Seconds until it counts: the kernel's own average takes that long to follow.
    private static let settling = 20.0
    private static let length = 60.0

    func measure() throws -> [Figure] {
        if disk != nil { try Self.switchOnSwap() }
        guard try SystemFile.readText("/proc/swaps").split(separator: "\n").count > 1 else {
            StandardError.line("brink-bench: no swap here, so nothing that memory.high could press on: left out")
            return []
        }
        let victim = try home.busy("pressed").cgroup
        let scenario = """
            apiVersion: brink/v1
            id: bench-pressure
            targets: {cg: {cgroup: \(victim.path)}}
            phases: {baseline: 0s, run: \(Int(Self.settling + Self.length) + 1)s, recovery: 0s}
            faults:
            - {id: hold, at: 0s, for: \(Int(Self.settling + Self.length))s, memory.pressure: {target: cg, some: 30%}}
            """
        var shares: [Double] = []
        var medians: [Double] = []
        let run = BrinkRun(place: place)
        for _ in 0..<runs {
            try run.finish(try run.start(scenario), within: 180)
            let readings = Self.readings(in: try run.events())
            guard !readings.isEmpty else { throw BenchError("no reading of memory.pressure: \(run.log)") }
            shares.append(Double(readings.count { abs($0 - Self.asked) <= 3 }) / Double(readings.count) * 100)
            medians.append(Figure.median(readings))
        }
        try victim.killAndRemove()
        let label = "some avg10, asked for 30 %"
        return [
            Figure("accuracy", "pressure hold: time within 3 points", "%", label: label, shares),
            Figure("accuracy", "pressure hold: median", "%", label: label, medians),
        ].compactMap(\.self)
    }

    private static func readings(in events: [RunEvent]) -> [Double] {
        var injected: Double?
        var readings: [Double] = []
        for event in events {
            switch event.kind {
            case .fault(let change) where change.state == .injected: injected = event.time
            case .sample(let sample):
                guard let injected, event.time >= injected + settling, event.time < injected + settling + length,
                    let value = sample.values["cg.memory.pressure.some.avg10"]
                else { continue }
                readings.append(value)
            default: continue
            }
        }
        return readings
    }

    /// Compressed swap in memory, on a machine that goes away afterwards.
    private static func switchOnSwap() throws {
        guard try SystemFile.readText("/proc/swaps").split(separator: "\n").count < 2 else { return }
        try run("/usr/sbin/modprobe", ["zram", "num_devices=1"])
        try SystemFile.writeOnce("/sys/block/zram0/disksize", Array("512M".utf8))
        try run("/usr/sbin/mkswap", ["/dev/zram0"])
        try run("/usr/sbin/swapon", ["/dev/zram0"])
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let path = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
        let handle = try SpawnRequest(program, arguments, environment: path).start()
        guard handle.hasEnded(within: 20_000), try handle.reap() == 0 else {
            throw BenchError("\(program) \(arguments.joined(separator: " ")) failed")
        }
    }
}
