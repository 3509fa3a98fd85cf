import Cgroups
import LinuxSystem

/// Pressure stall information of the machine, and of the service where it has a cgroup of its own.
struct HostPressure {
    private static let resources = ["cpu", "memory", "io"]
    private let service: Cgroup?

    init(service: Cgroup?) {
        self.service = service
    }

    /// Microseconds that some task has waited so far, by metric.
    func read() -> [String: UInt64] {
        var totals: [String: UInt64] = [:]
        for resource in Self.resources {
            if let bytes = try? SystemFile.read("/proc/pressure/\(resource)") {
                totals["pressure.host.\(resource)"] = PressureStall(bytes)?.some.totalMicroseconds
            }
            if let bytes = try? service?.read("\(resource).pressure") {
                totals["pressure.service.\(resource)"] = PressureStall(bytes)?.some.totalMicroseconds
            }
        }
        return totals
    }

    /// Shares of the time between two readings.
    func shares(
        from before: [String: UInt64], to after: [String: UInt64], over seconds: Double,
        into findings: inout RunFindings
    ) {
        for resource in Self.resources {
            for place in ["host", "service"] {
                let metric = "pressure.\(place).\(resource)"
                if let first = before[metric], let last = after[metric], last >= first {
                    findings.set(metric, min(Double(last - first) / 1e6 / seconds, 1), of: 1)
                } else {
                    findings.lacks(metric, because: reason(place))
                }
            }
        }
    }

    private func reason(_ place: String) -> String {
        place == "host"
            ? "the kernel has no /proc/pressure: it needs PSI" : "the service has no cgroup v2 of its own here"
    }
}
