import LinuxSystem

/// Whether a process is stopped; of one without a cgroup of its own also whether it lives, and its descriptors.
///
/// A target with a cgroup lives as long as that has processes (``CgroupProbe``), also after it was started anew.
public struct ProcessProbe: Probe {
    private let alive, stopped, descriptors, mostDescriptors: String
    private let process: ProcessIdentity
    private let hasOwnCgroup: Bool
    private let table: ProcessTable

    /// - Parameter hasOwnCgroup: whether nothing but the target is in the cgroup that is measured for it.
    public init(target: String, process: ProcessIdentity, hasOwnCgroup: Bool, table: ProcessTable = ProcessTable()) {
        self.alive = "\(target).alive"
        self.stopped = "\(target).stopped"
        self.descriptors = "\(target).descriptors"
        self.mostDescriptors = "\(target).descriptors.most"
        self.process = process
        self.hasOwnCgroup = hasOwnCgroup
        self.table = table
    }

    public func read(into values: inout [String: Double]) {
        // The boot cannot have changed since this process started, so the start time alone tells a later process.
        guard let status = try? table.status(of: process.pid), status.startTime == process.startTime, !status.hasEnded
        else {
            // Of a cgroup that is gone as well its probe, which comes before this one, says nothing.
            if !hasOwnCgroup || values[alive] == nil { values[alive] = 0 }
            return
        }
        values[stopped] = status.state == "T" ? 1 : 0
        guard !hasOwnCgroup else { return }
        values[alive] = 1
        if let count = try? table.descriptorCount(of: process.pid) {
            values[descriptors] = Double(count)
            values[mostDescriptors] = max(values[mostDescriptors] ?? 0, Double(count))
        }
    }
}
