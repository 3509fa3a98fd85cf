import LinuxSystem

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
    public init?(_ bytes: [UInt8]) {
        var scanner = ByteScanner(bytes)
        guard scanner.skip("some "), let some = Share(&scanner) else { return nil }
        self.some = some
        guard scanner.skip("full ") else { return }
        guard let full = Share(&scanner) else { return nil }
        self.full = full
    }

    /// Parses a `*.pressure` file.
    public init?(_ text: String) {
        self.init(Array(text.utf8))
    }
}

extension PressureStall.Share {
    /// The rest of a line after `some` or `full`; goes to the next one.
    fileprivate init?(_ scanner: inout ByteScanner) {
        guard scanner.skip("avg10="), let ten = scanner.decimal(), scanner.skip(" avg60="),
            let sixty = scanner.decimal(), scanner.skip(" avg300="), scanner.decimal() != nil,
            scanner.skip(" total="), let total = scanner.number()
        else { return nil }
        scanner.skipLine()
        self.init(average10: ten, average60: sixty, totalMicroseconds: total)
    }
}
