import Cgroups
import LinuxSystem
import Synchronization

/// Pressure, memory, CPU, processes and IO of one cgroup.
public struct CgroupProbe: Probe {
    /// The metrics' names, made once: ten times a second they would cost as much as reading the files.
    private struct Names {
        struct Pressure {
            let knob: String
            let someAverage, someTotal, someShare, fullAverage, fullTotal, fullShare: String

            init(_ target: String, _ resource: String) {
                knob = "\(resource).pressure"
                let prefix = "\(target).\(resource).pressure"
                someAverage = "\(prefix).some.avg10"
                someTotal = "\(prefix).some.total"
                someShare = "\(prefix).some.share"
                fullAverage = "\(prefix).full.avg10"
                fullTotal = "\(prefix).full.total"
                fullShare = "\(prefix).full.share"
            }
        }

        let pressures: [Pressure]
        let current, peak, anon, file, refaults, refaultRate: String
        let events: [String]
        let usage, throttled, pids, readBytes, writtenBytes, readRate, writeRate: String
        let descriptors, mostDescriptors, alive: String
        /// Rates that are per second; the others are shares of time.
        let perSecond: Set<String>

        init(_ target: String) {
            pressures = ["cpu", "memory", "io"].map { Pressure(target, $0) }
            current = "\(target).memory.current"
            peak = "\(target).memory.peak"
            anon = "\(target).memory.anon"
            file = "\(target).memory.file"
            refaults = "\(target).memory.refaults"
            refaultRate = "\(target).memory.refaults.perSecond"
            events = CgroupProbe.events.map { "\(target).memory.events.\($0)" }
            usage = "\(target).cpu.usage"
            throttled = "\(target).cpu.throttled"
            pids = "\(target).pids"
            readBytes = "\(target).io.rbytes"
            writtenBytes = "\(target).io.wbytes"
            readRate = "\(target).io.rbytes.perSecond"
            writeRate = "\(target).io.wbytes.perSecond"
            descriptors = "\(target).descriptors"
            mostDescriptors = "\(target).descriptors.most"
            alive = "\(target).alive"
            perSecond = [refaultRate, readRate, writeRate]
        }
    }

    private let names: Names
    private let cgroup: Cgroup
    private let table: ProcessTable
    private let previous = PreviousReading()

    /// Counters of the last reading by the name of the rate that they become.
    private final class PreviousReading: Sendable {
        struct Reading {
            var time: Duration
            var counts: [String: UInt64]
        }

        let value = Mutex<Reading?>(nil)
    }

    public init(target: String, cgroup: Cgroup, table: ProcessTable = ProcessTable()) {
        self.names = Names(target)
        self.cgroup = cgroup
        self.table = table
    }

    public func read(into values: inout [String: Double]) {
        // What grows from reading to reading, in microseconds or events.
        var counts = [String: UInt64](minimumCapacity: 10)
        for name in names.pressures {
            guard let bytes = try? cgroup.read(name.knob), let stall = PressureStall(bytes) else { continue }
            values[name.someAverage] = stall.some.average10
            values[name.someTotal] = Double(stall.some.totalMicroseconds) / 1e6
            counts[name.someShare] = stall.some.totalMicroseconds
            if let full = stall.full {
                values[name.fullAverage] = full.average10
                values[name.fullTotal] = Double(full.totalMicroseconds) / 1e6
                counts[name.fullShare] = full.totalMicroseconds
            }
        }
        readMemory(into: &values, &counts)
        readCPU(into: &counts)
        if let pids = try? cgroup.readNumber("pids.current") { values[names.pids] = Double(pids) }
        readIO(into: &values, &counts)
        readDescriptors(into: &values)
        addRates(of: counts, to: &values)
    }

    /// Each counter's growth since the last reading: microseconds as a share of the time between, events per second.
    private func addRates(of counts: [String: UInt64], to values: inout [String: Double]) {
        let now = PreviousReading.Reading(time: MonotonicClock.now(), counts: counts)
        let before = previous.value.withLock { value in
            defer { value = now }
            return value
        }
        guard let before else { return }
        let microseconds = (now.time - before.time) / .microseconds(1)
        guard microseconds > 0 else { return }
        for (name, count) in counts {
            // A counter that went back belongs to another cgroup of the same name.
            guard let earlier = before.counts[name], count >= earlier else { continue }
            let share = Double(count - earlier) / microseconds
            values[name] = names.perSecond.contains(name) ? share * 1e6 : share
        }
    }

    private func readMemory(into values: inout [String: Double], _ counts: inout [String: UInt64]) {
        guard let current = try? cgroup.readNumber("memory.current") else { return }
        values[names.current] = Double(current)
        if let peak = try? cgroup.readNumber("memory.peak") { values[names.peak] = Double(peak) }
        if let stat = try? cgroup.readCounters("memory.stat", CgroupProbe.statistics) {
            values[names.anon] = stat[0].map { Double($0) }
            values[names.file] = stat[1].map { Double($0) }
            let refaults = (stat[2] ?? 0) + (stat[3] ?? 0)
            values[names.refaults] = Double(refaults)
            counts[names.refaultRate] = refaults
        }
        if let counts = try? cgroup.readCounters("memory.events", CgroupProbe.events) {
            for (name, count) in zip(names.events, counts) { values[name] = count.map { Double($0) } }
        }
    }

    private func readCPU(into counts: inout [String: UInt64]) {
        guard let stat = try? cgroup.readCounters("cpu.stat", ["usage_usec", "throttled_usec"]), let usage = stat[0]
        else { return }
        counts[names.usage] = usage
        counts[names.throttled] = stat[1] ?? 0
    }

    /// Sums over all devices: `8:0 rbytes=… wbytes=… rios=…`.
    private func readIO(into values: inout [String: Double], _ counts: inout [String: UInt64]) {
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
        counts[names.readRate] = read
        counts[names.writeRate] = written
    }

    private func readDescriptors(into values: inout [String: Double]) {
        guard let pids = try? cgroup.allProcesses() else { return }
        var count = 0
        var most = 0
        for pid in pids {
            // A process that ends while it is looked at has no descriptors any more.
            let own = (try? table.descriptorCount(of: pid)) ?? 0
            count += own
            most = max(most, own)
        }
        values[names.descriptors] = Double(count)
        values[names.mostDescriptors] = Double(most)
        values[names.alive] = pids.isEmpty ? 0 : 1
    }

    private static let events: [StaticString] = ["low", "high", "max", "oom", "oom_kill"]
    private static let statistics: [StaticString] = [
        "anon", "file", "workingset_refault_anon", "workingset_refault_file",
    ]
}
