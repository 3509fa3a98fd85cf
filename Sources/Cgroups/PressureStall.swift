/// Pressure stall information of one resource (Documentation/accounting/psi.rst).
public struct PressureStall: Hashable, Sendable {
    /// One line, `some` or `full`.
    public struct Share: Hashable, Sendable {
        /// Percent of the last 10 s in which tasks stalled, 0…100.
        public var average10: Double
        /// Percent of the last 60 s.
        public var average60: Double
        /// Stalled microseconds since the cgroup was made.
        public var totalMicroseconds: UInt64
    }

    /// At least one task stalled.
    public var some: Share
    /// All tasks stalled at once; absent for the system's own cpu.pressure before Linux 5.13.
    public var full: Share?

    /// Parses a `*.pressure` file.
    public init?(_ text: String) {
        var shares: [Substring: Share] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard let name = parts.first else { continue }
            var values: [Substring: Substring] = [:]
            for part in parts.dropFirst() {
                let pair = part.split(separator: "=")
                if pair.count == 2 { values[pair[0]] = pair[1] }
            }
            guard let ten = values["avg10"].flatMap({ Double($0) }),
                let sixty = values["avg60"].flatMap({ Double($0) }),
                let total = values["total"].flatMap({ UInt64($0) })
            else { return nil }
            shares[name] = Share(average10: ten, average60: sixty, totalMicroseconds: total)
        }
        guard let some = shares["some"] else { return nil }
        self.some = some
        self.full = shares["full"]
    }
}
