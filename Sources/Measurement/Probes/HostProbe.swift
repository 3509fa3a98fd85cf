import Cgroups
import LinuxSystem

/// Available memory, load and pressure of the whole host.
public struct HostProbe: Probe {
    private let table: ProcessTable

    public init(table: ProcessTable = ProcessTable()) {
        self.table = table
    }

    public func read(into values: inout [String: Double]) {
        if let bytes = try? SystemFile.read("\(table.root)/meminfo") {
            var scanner = ByteScanner(bytes)
            while !scanner.isAtEnd {
                if scanner.skip("MemAvailable:") {
                    scanner.skipBlanks()
                    values["host.memory.available"] = scanner.number().map { Double($0) * 1024 }
                    break
                }
                scanner.skipLine()
            }
        }
        if let bytes = try? SystemFile.read("\(table.root)/loadavg") {
            var scanner = ByteScanner(bytes)
            values["host.load1"] = scanner.decimal()
        }
        for resource in ["cpu", "memory", "io"] {
            guard let bytes = try? SystemFile.read("\(table.root)/pressure/\(resource)"),
                let stall = PressureStall(bytes)
            else { continue }
            values["host.\(resource).pressure.some.avg10"] = stall.some.average10
            if resource != "cpu" { values["host.\(resource).pressure.full.avg10"] = stall.full?.average10 }
        }
    }
}
