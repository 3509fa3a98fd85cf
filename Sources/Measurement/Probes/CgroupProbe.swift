import Cgroups
import LinuxSystem
import Synchronization

/// Pressure, memory, CPU, processes and IO of one cgroup.
public struct CgroupProbe: Probe {
    /// The metrics' names, made once: ten times a second they would cost as much as reading the files.
    private struct Names {
        struct Pressure {
            let knob: String
            let someAverage, someTotal, fullAverage, fullTotal: String

            init(_ target: String, _ resource: String) {
                knob = "\(resource).pressure"
                let prefix = "\(target).\(resource).pressure"
                someAverage = "\(prefix).some.avg10"
                someTotal = "\(prefix).some.total"
                fullAverage = "\(prefix).full.avg10"
                fullTotal = "\(prefix).full.total"
            }
        }

        let pressures: [Pressure]
        let current, peak, anon, file, refaults: String
        let events: [String]
        let usage, throttled, pids, readBytes, writtenBytes, descriptors, alive: String

        init(_ target: String) {
            pressures = ["cpu", "memory", "io"].map { Pressure(target, $0) }
            current = "\(target).memory.current"
            peak = "\(target).memory.peak"
            anon = "\(target).memory.anon"
            file = "\(target).memory.file"
            refaults = "\(target).memory.refaults"
            events = CgroupProbe.events.map { "\(target).memory.events.\($0)" }
            usage = "\(target).cpu.usage"
            throttled = "\(target).cpu.throttled"
            pids = "\(target).pids"
            readBytes = "\(target).io.rbytes"
            writtenBytes = "\(target).io.wbytes"
            descriptors = "\(target).descriptors"
            alive = "\(target).alive"
        }
    }

    private let names: Names
    private let cgroup: Cgroup
    private let table: ProcessTable
    private let previous = PreviousReading()

    /// The last reading, for rates.
    private final class PreviousReading: Sendable {
        struct Reading {
            var time: Duration
            var usage: UInt64
            var throttled: UInt64
        }

        let value = Mutex<Reading?>(nil)
    }

    public init(target: String, cgroup: Cgroup, table: ProcessTable = ProcessTable()) {
        self.names = Names(target)
        self.cgroup = cgroup
        self.table = table
    }

    public func read(into values: inout [String: Double]) {
        for name in names.pressures {
            guard let bytes = try? cgroup.read(name.knob), let stall = PressureStall(bytes) else { continue }
            values[name.someAverage] = stall.some.average10
            values[name.someTotal] = Double(stall.some.totalMicroseconds) / 1e6
            if let full = stall.full {
                values[name.fullAverage] = full.average10
                values[name.fullTotal] = Double(full.totalMicroseconds) / 1e6
            }
        }
        readMemory(into: &values)
        readCPU(into: &values)
        if let pids = try? cgroup.readNumber("pids.current") { values[names.pids] = Double(pids) }
        readIO(into: &values)
        readDescriptors(into: &values)
    }

    private func readMemory(into values: inout [String: Double]) {
        guard let current = try? cgroup.readNumber("memory.current") else { return }
        values[names.current] = Double(current)
        if let peak = try? cgroup.readNumber("memory.peak") { values[names.peak] = Double(peak) }
        if let stat = try? cgroup.readCounters("memory.stat", CgroupProbe.statistics) {
            values[names.anon] = stat[0].map { Double($0) }
            values[names.file] = stat[1].map { Double($0) }
            values[names.refaults] = Double((stat[2] ?? 0) + (stat[3] ?? 0))
        }
        if let counts = try? cgroup.readCounters("memory.events", CgroupProbe.events) {
            for (name, count) in zip(names.events, counts) { values[name] = count.map { Double($0) } }
        }
    }

    private func readCPU(into values: inout [String: Double]) {
        guard let stat = try? cgroup.readCounters("cpu.stat", ["usage_usec", "throttled_usec"]), let usage = stat[0]
        else { return }
        let now = PreviousReading.Reading(time: MonotonicClock.now(), usage: usage, throttled: stat[1] ?? 0)
        let before = previous.value.withLock { value in
            defer { value = now }
            return value
        }
        guard let before else { return }
        let seconds = (now.time - before.time) / .microseconds(1)
        guard seconds > 0 else { return }
        values[names.usage] = Double(now.usage &- before.usage) / seconds
        values[names.throttled] = Double(now.throttled &- before.throttled) / seconds
    }

    /// Sums over all devices: `8:0 rbytes=… wbytes=… rios=…`.
    private func readIO(into values: inout [String: Double]) {
        guard let bytes = try? cgroup.read("io.stat") else { return }
        var scanner = ByteScanner(bytes)
        var read: UInt64 = 0
        var written: UInt64 = 0
        while !scanner.isAtEnd {
            if scanner.skip("rbytes=") {
                read += scanner.number() ?? 0
            } else if scanner.skip("wbytes=") {
                written += scanner.number() ?? 0
            }
            scanner.skipWord()
        }
        values[names.readBytes] = Double(read)
        values[names.writtenBytes] = Double(written)
    }

    private func readDescriptors(into values: inout [String: Double]) {
        guard let pids = try? cgroup.allProcesses() else { return }
        var count = 0
        // A process that ends while it is looked at has no descriptors any more.
        for pid in pids { count += (try? table.descriptorCount(of: pid)) ?? 0 }
        values[names.descriptors] = Double(count)
        values[names.alive] = pids.isEmpty ? 0 : 1
    }

    private static let events: [StaticString] = ["low", "high", "max", "oom", "oom_kill"]
    private static let statistics: [StaticString] = [
        "anon", "file", "workingset_refault_anon", "workingset_refault_file",
    ]
}
