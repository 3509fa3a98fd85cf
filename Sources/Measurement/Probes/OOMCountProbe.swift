import Cgroups

/// OOM kills in a cgroup and below since this probe was made.
public struct OOMCountProbe: Probe {
    private let name: String
    private let cgroup: Cgroup
    private let before: UInt64?

    public init(target: String, cgroup: Cgroup) {
        name = "\(target).oomKills"
        self.cgroup = cgroup
        before = OOMCountProbe.count(in: cgroup)
    }

    public func read(into values: inout [String: Double]) {
        guard let before, let now = OOMCountProbe.count(in: cgroup) else { return }
        values[name] = Double(now) - Double(before)
    }

    private static func count(in cgroup: Cgroup) -> UInt64? {
        // Without the memory controller nobody counts.
        (try? cgroup.readCounters("memory.events", ["oom_kill"]))?[0]
    }
}
