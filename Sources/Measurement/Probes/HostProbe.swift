import Cgroups
import LinuxSystem

/// Available memory, load and pressure of the whole host.
public struct HostProbe: Probe {
    private let table: ProcessTable

    public init(table: ProcessTable = ProcessTable()) {
        self.table = table
    }

    public func read() -> [String: Double] {
        var values: [String: Double] = [:]
        if let text = try? SystemFile.readText("\(table.root)/meminfo") {
            for line in text.split(separator: "\n") where line.hasPrefix("MemAvailable:") {
                let number = line.split(separator: " ").dropFirst().first.flatMap { Double($0) }
                values["host.memory.available"] = number.map { $0 * 1024 }
            }
        }
        if let load = try? SystemFile.readText("\(table.root)/loadavg").split(separator: " ").first {
            values["host.load1"] = Double(load)
        }
        for resource in ["cpu", "memory", "io"] {
            guard let text = try? SystemFile.readText("\(table.root)/pressure/\(resource)"),
                let stall = PressureStall(text)
            else { continue }
            values["host.\(resource).pressure.some.avg10"] = stall.some.average10
            if resource != "cpu" { values["host.\(resource).pressure.full.avg10"] = stall.full?.average10 }
        }
        return values
    }
}
