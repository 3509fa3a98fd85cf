import Events

/// Many outages in one sentence.
struct OutageSummary {
    private let outages: [Outage]

    init(_ outages: [Outage]) {
        self.outages = outages
    }

    var text: String {
        guard let longest = outages.map(\.seconds).max() else { return "Connections were taken all the time." }
        let sorted = outages.map(\.seconds).sorted()
        let median = sorted[sorted.count / 2]
        let times =
            outages.count == 1
            ? "once, for \(ClockText.length(longest))"
            : "\(outages.count) times, half of them for at most \(ClockText.length(median)), the longest for "
                + ClockText.length(longest)
        let doors = Outage.Door.allCases.compactMap { door -> String? in
            let count = outages.count { $0.stretches.contains { $0.door == door } }
            return count > 0 ? "\(OutageWords.name(of: door)) in \(count)" : nil
        }
        let replayed = outages.compactMap(\.walBytes).reduce(0, +)
        let failed = outages.reduce(0) { $0 + $1.failedInFlight }
        let unknown = outages.reduce(0) { $0 + $1.unknownWrites }
        return "No connections were taken \(times) (\(doors.joined(separator: ", "))). "
            + "\(MetricUnit.bytes.text(replayed)) of WAL replayed, \(failed) requests under way failed, "
            + "\(unknown) writes with unknown outcome."
    }
}
