import Cgroups
import Events
import LinuxSystem

/// The last seconds of a cgroup's memory, reading by reading: what led to a kill is gone by the time it is asked for.
struct MemoryRing {
    /// What is read, by the names that reports use.
    static let metrics = ["current", "anon", "file", "swap", "refaults", "pressure.some", "pressure.full"]

    private struct Reading {
        var time: Duration
        var values: [Double?]
    }

    private let id: String
    /// Kept open, since they are read fifty times a second; those that the kernel lacks are left out.
    private let current, stat, swap, pressure: KernelFile?
    private let capacity: Int
    private var readings: [Reading] = []
    /// Where the oldest reading is, once the ring is full.
    private var oldest = 0

    /// - Parameters:
    ///   - id: of the target.
    ///   - capacity: how many readings are kept.
    init(_ id: String, cgroup: Cgroup, capacity: Int) {
        self.id = id
        let open = { (knob: String) in try? KernelFile(cgroup.file(knob)) }
        current = open("memory.current")
        stat = open("memory.stat")
        swap = open("memory.swap.current")
        pressure = open("memory.pressure")
        self.capacity = capacity
        readings.reserveCapacity(capacity)
    }

    /// Takes one reading.
    mutating func read(at now: Duration) {
        // A cgroup that has gone leaves its last readings as they are.
        guard let current = MemoryRing.number(in: current) else { return }
        let stat = (try? stat?.read()).map { Cgroup.counters(MemoryRing.statistics, in: $0) }
        let stall = (try? pressure?.read()).flatMap { PressureStall($0) }
        let refaults = stat.map { ($0[2] ?? 0) + ($0[3] ?? 0) }
        let numbers: [UInt64?] = [
            current, stat?[0], stat?[1], MemoryRing.number(in: swap), refaults, stall?.some.totalMicroseconds,
            stall?.full?.totalMicroseconds,
        ]
        let reading = Reading(time: now, values: numbers.map { $0.map { Double($0) } })
        if readings.count < capacity {
            readings.append(reading)
        } else {
            readings[oldest] = reading
            oldest = (oldest + 1) % capacity
        }
    }

    /// The readings as columns. Counters become what they grew by a second: refaults, and the share of time stalled.
    func lead(to moment: Duration) -> OOMKill.Lead {
        let ordered = readings[oldest...] + readings[..<oldest]
        var series: [String: [Double?]] = [:]
        for (column, metric) in MemoryRing.metrics.enumerated() {
            let values = ordered.map { $0.values[column] }
            guard column >= MemoryRing.firstCounter else {
                series[metric] = values
                continue
            }
            let unit = metric == "refaults" ? 1.0 : 1e6
            var growth: [Double?] = []
            var before: Reading?
            for reading in ordered {
                if let last = before, let old = last.values[column], let new = reading.values[column], new >= old {
                    growth.append(MemoryRing.rounded((new - old) / unit / ((reading.time - last.time) / .seconds(1))))
                } else {
                    growth.append(nil)
                }
                before = reading
            }
            series[metric] = growth
        }
        return OOMKill.Lead(
            target: id, times: ordered.map { MemoryRing.rounded(($0.time - moment) / .seconds(1)) }, series: series)
    }

    /// Clocks give more digits than they know.
    private static func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }

    private static func number(in file: KernelFile?) -> UInt64? {
        guard let bytes = try? file?.read() else { return nil }
        var scanner = ByteScanner(bytes)
        return scanner.number()
    }

    private static let firstCounter = 4
    private static let statistics: [StaticString] = [
        "anon", "file", "workingset_refault_anon", "workingset_refault_file",
    ]
}
