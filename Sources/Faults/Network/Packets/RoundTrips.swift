import LinuxSystem

/// Round-trip times that the kernel has measured (tcp(7), TCP_INFO), as ss(8) shows them.
enum RoundTrips {
    /// Milliseconds, the mean over the established connections of the calling thread's network namespace that a filter
    /// of ss lets through; nil when there is none.
    static func mean(of filter: [String]) throws(SystemError) -> Double? {
        let times = parse(try NetworkTool.ss.run(["-tinHO", "state", "established"] + filter).trimmedText)
        return times.isEmpty ? nil : times.reduce(0, +) / Double(times.count)
    }

    static func parse(_ text: String) -> [Double] {
        text.split(separator: "\n").compactMap { line in
            line.split(separator: " ").first { $0.hasPrefix("rtt:") }
                .flatMap { $0.dropFirst(4).split(separator: "/").first }.flatMap { Double($0) }
        }
    }
}
