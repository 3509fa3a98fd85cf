import Foundation
import LinuxSystem
import Postgres

/// The machine and the programs that a baseline was measured on.
enum BaselineFacts {
    /// What a collection ran on; the time stolen from the machine meanwhile as well.
    /// - Parameters:
    ///   - before: a reading from its beginning.
    ///   - database: asked for its version.
    static func read(
        since before: ProcessorTimes?, version: String, database: String, cgroupRoot: String
    ) async throws -> [String: String] {
        var facts = HostFacts.read(weaknesses: [])
        facts["brink"] = version
        // They are of one package.
        facts["bookshop"] = version
        facts["governor"] =
            (try? SystemFile.readText("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")) ?? "none"
        if let before, let now = ProcessorTimes.read() { facts["steal"] = now.stolenText(since: before) }
        let session = try await PostgresSession.connect(database)
        defer { session.close() }
        // Without the name of who packaged it.
        let server = try await session.query("SHOW server_version")[0, 0]?.split(separator: " ").first
        if let server { facts["postgresql"] = String(server) }
        facts.merge(limits(below: cgroupRoot)) { _, new in new }
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
