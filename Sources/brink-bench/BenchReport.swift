import Foundation
import LinuxSystem

/// All figures with what a reader must know of the machine, as JSON and as a table.
struct BenchReport: Codable {
    let environment: [String: String]
    let figures: [Figure]

    init(_ figures: [Figure], hasControllers: Bool) {
        var environment: [String: String] = [:]
        environment["kernel"] = try? SystemFile.readText("/proc/sys/kernel/osrelease")
        environment["cpus"] = String(ProcessInfo.processInfo.activeProcessorCount)
        environment["loadAverage"] = try? SystemFile.readText("/proc/loadavg")
        environment["cgroups"] = hasControllers ? "cgroup v2 with controllers" : "no controllers"
        let info = (try? SystemFile.readText("/proc/cpuinfo")) ?? ""
        let model = info.split(separator: "\n").first { $0.hasPrefix("model name") }
        environment["cpuModel"] = model?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
        self.environment = environment
        self.figures = figures
    }

    var json: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return [UInt8](try encoder.encode(self)) + [UInt8(ascii: "\n")]
        }
    }

    var table: String {
        var lines = [environment.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")]
        var group = ""
        for figure in figures {
            if figure.group != group {
                group = figure.group
                lines.append(group)
            }
            lines.append(figure.row)
        }
        return lines.joined(separator: "\n")
    }
}
