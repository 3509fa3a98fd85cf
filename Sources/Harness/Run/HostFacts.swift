import Foundation
import LinuxSystem
import Postgres

/// What a reader needs to know of the machine to judge figures measured on it.
enum HostFacts {
    static func read(weaknesses: [String]) -> [String: String] {
        var facts: [String: String] = [:]
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
}
