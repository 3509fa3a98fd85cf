import Engine

/// A range of ephemeral ports that leaves just so many to be had, with those in it that must be reserved besides.
struct PortStretch: Hashable, Sendable {
    let range: ClosedRange<UInt16>
    /// In the range, and kept from automatic choice.
    let reserved: [UInt16]

    /// The uppermost stretch of the present range in which no port is used or reserved.
    ///
    /// connect(2) looks at an even number of ports of a range of more than one (net/ipv4/inet_hashtables.c), and a range
    /// cannot be empty: the ports too many are reserved.
    /// - Parameters:
    ///   - free: how many are to be had.
    ///   - taken: ports of sockets, and reserved ones.
    init(free: Int, within present: ClosedRange<UInt16>, taken: Set<UInt16>) throws(FaultError) {
        let length = free <= 1 ? 1 : free + free % 2
        var high = Int(present.upperBound)
        while high - length + 1 >= Int(present.lowerBound) {
            let low = high - length + 1
            if let obstacle = (low...high).first(where: { taken.contains(UInt16($0)) }) {
                high = obstacle - 1
                continue
            }
            range = UInt16(low)...UInt16(high)
            reserved = Array(range.prefix(length - free))
            return
        }
        throw FaultError(
            "ports.exhaust: the range \(present.lowerBound)-\(present.upperBound) has no \(length) neighbouring ports that "
                + "nobody uses; ask for fewer")
    }

    /// As ip_local_port_range shows it, newline included.
    var rangeText: String { "\(range.lowerBound)\t\(range.upperBound)\n" }
}
