import LinuxSystem

/// Whether a process lives, whether it is stopped, and its descriptors.
public struct ProcessProbe: Probe {
    private let target: String
    private let process: ProcessIdentity
    private let table: ProcessTable

    public init(target: String, process: ProcessIdentity, table: ProcessTable = ProcessTable()) {
        self.target = target
        self.process = process
        self.table = table
    }

    public func read() -> [String: Double] {
        guard table.isRunning(process), let status = try? table.status(of: process.pid) else {
            return ["\(target).alive": 0]
        }
        var values = ["\(target).alive": 1.0, "\(target).stopped": status.state == "T" ? 1 : 0]
        if let count = try? table.descriptorCount(of: process.pid) { values["\(target).descriptors"] = Double(count) }
        return values
    }
}
