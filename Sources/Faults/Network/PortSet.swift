/// Ports as the kernel lists them in ip_local_reserved_ports: ascending, with runs as `low-high`
/// (ip-sysctl.rst; lib proc_do_large_bitmap).
struct PortSet: Hashable, Sendable {
    private(set) var ports: Set<UInt16>

    init(_ ports: Set<UInt16> = []) {
        self.ports = ports
    }

    /// - Returns: nil for text that is no such list; an empty one is.
    init?(_ text: String) {
        var ports: Set<UInt16> = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
            guard let low = ends.first ?? nil, let high = ends.last ?? nil, ends.count <= 2, low <= high else {
                return nil
            }
            ports.formUnion(low...high)
        }
        self.ports = ports
    }

    mutating func insert(_ port: UInt16) { ports.insert(port) }

    var text: String {
        var runs: [(low: UInt16, high: UInt16)] = []
        for port in ports.sorted() {
            if let last = runs.last, last.high + 1 == port {
                runs[runs.count - 1].high = port
            } else {
                runs.append((port, port))
            }
        }
        return runs.map { $0.low == $0.high ? "\($0.low)" : "\($0.low)-\($0.high)" }.joined(separator: ",")
    }
}
