import LinuxSystem

/// What TCP and UDP of a network namespace have noticed (proc_pid_net(5), `snmp` and `netstat`; the
/// counters are described in the kernel's networking/snmp_counter.rst).
enum NetworkCounters {
    /// The names under which they are observed.
    private static let names: [String: [String]] = [
        "connections taken": ["Tcp.PassiveOpens"],
        "retransmitted": ["Tcp.RetransSegs"],
        "checksum errors": ["Tcp.InCsumErrors", "Udp.InCsumErrors"],
        // A receiver put them aside, or a sender was told that later ones had come first.
        "out of order": [
            "TcpExt.TCPOFOQueue", "TcpExt.TCPSACKReorder", "TcpExt.TCPRenoReorder", "TcpExt.TCPTSReorder",
        ],
    ]

    /// - Parameter process: whose namespace it is, as /proc names it; the calling thread's when it is left out.
    static func add(to figures: inout [String: Double], of process: String = "thread-self") throws(SystemError) {
        var counters: [String: Double] = [:]
        for file in ["snmp", "netstat"] {
            parse(String(decoding: try SystemFile.read("/proc/\(process)/net/\(file)"), as: UTF8.self), &counters)
        }
        for (name, sources) in names {
            figures[name] = sources.reduce(0) { $0 + (counters[$1] ?? 0) }
        }
    }

    /// Pairs of lines: names, then values, both after the protocol's name.
    static func parse(_ text: String, _ counters: inout [String: Double]) {
        let lines = text.split(separator: "\n")
        for (heading, line) in zip(lines, lines.dropFirst()) {
            let names = heading.split(separator: " ")
            let values = line.split(separator: " ")
            guard let first = names.first, first == values.first, first.hasSuffix(":"), names.count == values.count
            else { continue }
            for (name, value) in zip(names, values).dropFirst() {
                if let number = Double(value) { counters["\(first.dropLast()).\(name)"] = number }
            }
        }
    }
}
