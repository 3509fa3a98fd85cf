import Cgroups
import LinuxSystem
import Synchronization

/// Pressure, memory, CPU, processes and IO of one cgroup.
public struct CgroupProbe: Probe {
    private let target: String
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
        self.target = target
        self.cgroup = cgroup
        self.table = table
    }

    public func read() -> [String: Double] {
        var values: [String: Double] = [:]
        for resource in ["cpu", "memory", "io"] {
            guard let text = try? cgroup.readText("\(resource).pressure"), let stall = PressureStall(text) else {
                continue
            }
            values["\(target).\(resource).pressure.some.avg10"] = stall.some.average10
            values["\(target).\(resource).pressure.some.total"] = Double(stall.some.totalMicroseconds) / 1e6
            if let full = stall.full {
                values["\(target).\(resource).pressure.full.avg10"] = full.average10
                values["\(target).\(resource).pressure.full.total"] = Double(full.totalMicroseconds) / 1e6
            }
        }
        readMemory(into: &values)
        readCPU(into: &values)
        if let pids = try? cgroup.readNumber("pids.current") { values["\(target).pids"] = Double(pids) }
        if let io = try? cgroup.readText("io.stat") {
            values["\(target).io.rbytes"] = CgroupProbe.sum("rbytes=", in: io)
            values["\(target).io.wbytes"] = CgroupProbe.sum("wbytes=", in: io)
        }
        readDescriptors(into: &values)
        return values
    }

    private func readMemory(into values: inout [String: Double]) {
        guard let current = try? cgroup.readNumber("memory.current") else { return }
        values["\(target).memory.current"] = Double(current)
        if let peak = try? cgroup.readNumber("memory.peak") { values["\(target).memory.peak"] = Double(peak) }
        if let stat = try? cgroup.readCounters("memory.stat") {
            values["\(target).memory.anon"] = stat["anon"].map { Double($0) }
            values["\(target).memory.file"] = stat["file"].map { Double($0) }
            let refaults = (stat["workingset_refault_anon"] ?? 0) + (stat["workingset_refault_file"] ?? 0)
            values["\(target).memory.refaults"] = Double(refaults)
        }
        for (name, count) in (try? cgroup.readCounters("memory.events")) ?? [:] where CgroupProbe.events.contains(name)
        {
            values["\(target).memory.events.\(name)"] = Double(count)
        }
    }

    private func readCPU(into values: inout [String: Double]) {
        guard let stat = try? cgroup.readCounters("cpu.stat"), let usage = stat["usage_usec"] else { return }
        let now = PreviousReading.Reading(
            time: MonotonicClock.now(), usage: usage, throttled: stat["throttled_usec"] ?? 0)
        let before = previous.value.withLock { value in
            defer { value = now }
            return value
        }
        guard let before else { return }
        let seconds = (now.time - before.time) / .microseconds(1)
        guard seconds > 0 else { return }
        values["\(target).cpu.usage"] = Double(now.usage &- before.usage) / seconds
        values["\(target).cpu.throttled"] = Double(now.throttled &- before.throttled) / seconds
    }

    private func readDescriptors(into values: inout [String: Double]) {
        guard let pids = try? cgroup.allProcesses() else { return }
        var count = 0
        // A process that ends while it is looked at has no descriptors any more.
        for pid in pids { count += (try? table.descriptorCount(of: pid)) ?? 0 }
        values["\(target).descriptors"] = Double(count)
        values["\(target).alive"] = pids.isEmpty ? 0 : 1
    }

    private static let events: Set<String> = ["low", "high", "max", "oom", "oom_kill"]

    /// Sums a counter of io.stat over all devices.
    private static func sum(_ key: String, in text: String) -> Double {
        var total = 0.0
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) where word.hasPrefix(key) {
            total += Double(word.dropFirst(key.count)) ?? 0
        }
        return total
    }
}
