import Foundation
import LinuxSystem
import Postgres

/// What a reader needs to know of the machine to judge figures measured on it.
enum HostFacts {
    static func read(weaknesses: [String], cgroupRoot: String) -> [String: String] {
        var facts = limits(below: cgroupRoot)
        facts["governor"] =
            (try? SystemFile.readText("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")) ?? "none"
        facts["kernel"] = try? SystemFile.readText("/proc/sys/kernel/osrelease")
        facts["cpus"] = String(ProcessInfo.processInfo.activeProcessorCount)
        facts["memory"] = "\(ProcessInfo.processInfo.physicalMemory >> 20) MiB"
        if let info = try? SystemFile.readText("/proc/cpuinfo") {
            let line = info.split(separator: "\n").first { $0.hasPrefix("model name") }
            facts["cpuModel"] = line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
            // The flag is there in every guest; software emulation is not told apart by it.
            if info.contains(" hypervisor") { facts["virtualised"] = "yes" }
        }
        facts["loadAverage"] = try? SystemFile.readText("/proc/loadavg")
        if let installation = try? PostgresInstallation.newest() { facts["postgresql"] = String(installation.version) }
        if !weaknesses.isEmpty { facts["weaknesses"] = weaknesses.joined(separator: ", ") }
        return facts
    }

    /// What the cgroup that Brink was started in may use at most: cgroup v2's words, or cgroup v1's numbers.
    private static func limits(below root: String) -> [String: String] {
        var limits = ["cgroup.cpu.max": "none", "cgroup.memory.max": "none"]
        guard let text = try? SystemFile.readText("/proc/self/cgroup") else { return limits }
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let path = parts[2] == "/" ? "" : String(parts[2])
            switch parts[1] {
            case "":
                take("cgroup.cpu.max", "\(root)\(path)/cpu.max", &limits)
                take("cgroup.memory.max", "\(root)\(path)/memory.max", &limits)
            case "memory":
                take("cgroup.memory.max", "\(root)/memory\(path)/memory.limit_in_bytes", &limits)
            case let controllers where controllers.split(separator: ",").contains("cpu"):
                take("cgroup.cpu.max", "\(root)/\(controllers)\(path)/cpu.cfs_quota_us", &limits)
            default: continue
            }
        }
        return limits
    }

    private static func take(_ name: String, _ path: String, _ limits: inout [String: String]) {
        // What is no limit has many spellings; cgroup v1's for memory is the largest multiple of a page.
        guard let text = try? SystemFile.readText(path), !text.hasPrefix("max"), text != "-1",
            !text.hasPrefix("92233720368547")
        else { return }
        limits[name] = text
    }
}
