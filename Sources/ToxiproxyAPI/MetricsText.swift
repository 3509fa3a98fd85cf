import Foundation
import LinuxSystem
import ToxicProxy

/// What a Prometheus server is shown, under toxiproxy's names.
struct MetricsText: Sendable {
    /// Bytes of each proxy.
    let showsProxies: Bool
    /// What the process uses.
    let showsRuntime: Bool

    func render(_ proxies: [(proxy: ProxyDescription, reading: ProxyCounters.Reading)]) -> String {
        var text = ""
        if showsProxies {
            text += counter(
                "toxiproxy_proxy_received_bytes_total", "Bytes received by a proxy, by direction.", proxies
            ) { ($0.upstreamBytes, $0.downstreamBytes) }
            text += counter("toxiproxy_proxy_sent_bytes_total", "Bytes sent by a proxy, by direction.", proxies) {
                ($0.upstreamSent, $0.downstreamSent)
            }
            text += tls(proxies.filter { $0.proxy.tls != nil })
        }
        if showsRuntime { text += runtime() }
        return text
    }

    private func counter(
        _ name: String, _ help: String, _ proxies: [(proxy: ProxyDescription, reading: ProxyCounters.Reading)],
        _ values: (ProxyCounters.Reading) -> (upstream: Int, downstream: Int)
    ) -> String {
        var text = "# HELP \(name) \(help)\n# TYPE \(name) counter\n"
        for (proxy, reading) in proxies {
            let (upstream, downstream) = values(reading)
            for (direction, value) in [("upstream", upstream), ("downstream", downstream)] {
                text += "\(name){direction=\"\(direction)\",listener=\"\(escape(proxy.listen))\","
                text += "proxy=\"\(escape(proxy.name))\",upstream=\"\(escape(proxy.upstream))\"} \(value)\n"
            }
        }
        return text
    }

    /// Brink's own, so only where there is TLS.
    private func tls(_ proxies: [(proxy: ProxyDescription, reading: ProxyCounters.Reading)]) -> String {
        guard !proxies.isEmpty else { return "" }
        let name = "brink_proxy_tls_failures_total"
        var text = "# HELP \(name) Handshakes that failed, and streams that broke or were truncated after theirs.\n"
        text += "# TYPE \(name) counter\n"
        for (proxy, reading) in proxies {
            let counts = [
                ("client_handshake", reading.failedClientHandshakes),
                ("server_handshake", reading.failedServerHandshakes), ("broken", reading.brokenStreams),
                ("truncated", reading.truncatedStreams),
            ]
            for (kind, count) in counts {
                text += "\(name){kind=\"\(kind)\",proxy=\"\(escape(proxy.name))\"} \(count)\n"
            }
        }
        return text
    }

    private func runtime() -> String {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let seconds = [usage.ru_utime, usage.ru_stime].map { Double($0.tv_sec) + Double($0.tv_usec) / 1e6 }.reduce(0, +)
        var lines = gauge("process_cpu_seconds_total", "counter", "CPU time used, in seconds.", "\(seconds)")
        if let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            lines += gauge("process_open_fds", "gauge", "Open descriptors.", "\(names.count)")
        }
        if let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " "),
            fields.count > 1, let pages = Int(fields[1])
        {
            lines += gauge(
                "process_resident_memory_bytes", "gauge", "Resident memory.",
                "\(pages * Int(sysconf(Int32(_SC_PAGESIZE))))")
        }
        return lines
    }

    private func gauge(_ name: String, _ type: String, _ help: String, _ value: String) -> String {
        "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n\(name) \(value)\n"
    }

    /// Label values escape backslash, quote and line feed (Prometheus text format 0.0.4).
    private func escape(_ text: String) -> String {
        text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
            .replacingOccurrences(of: "\n", with: "\\n")
    }
}
