import LinuxSystem

/// Whether a process lives, whether it is stopped, and its descriptors.
public struct ProcessProbe: Probe {
    private let alive, stopped, descriptors, mostDescriptors: String
    private let process: ProcessIdentity
    private let table: ProcessTable

    public init(target: String, process: ProcessIdentity, table: ProcessTable = ProcessTable()) {
        self.alive = "\(target).alive"
        self.stopped = "\(target).stopped"
        self.descriptors = "\(target).descriptors"
        self.mostDescriptors = "\(target).descriptors.most"
        self.process = process
        self.table = table
    }

    public func read(into values: inout [String: Double]) {
        // The boot cannot have changed since this process started, so the start time alone tells a later process.
        guard let status = try? table.status(of: process.pid), status.startTime == process.startTime, !status.hasEnded
        else {
            values[alive] = 0
            return
        }
        values[alive] = 1
        values[stopped] = status.state == "T" ? 1 : 0
        if let count = try? table.descriptorCount(of: process.pid) {
            values[descriptors] = Double(count)
            values[mostDescriptors] = max(values[mostDescriptors] ?? 0, Double(count))
        }
    }
}
