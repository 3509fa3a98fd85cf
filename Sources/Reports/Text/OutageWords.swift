import Events

/// What to say of a stretch in which a server took no connections.
struct OutageWords {
    private let outage: Outage

    init(_ outage: Outage) {
        self.outage = outage
    }

    /// What a new connection met, and for how long: `refused for 0.4 s, then starting up for 1.2 s`.
    var course: String {
        let parts = outage.stretches.map {
            "\(OutageWords.name(of: $0.door)) for \(ClockText.length($0.end - $0.start))"
        }
        // A crash loop changes to and fro; the shares say as much.
        let shares = outage.shares.map { "\(OutageWords.name(of: $0.door)) for \(ClockText.length($0.seconds))" }
        let course =
            parts.count <= 4 ? parts.joined(separator: ", then ") : "\(shares.joined(separator: ", ")) in all"
        return "connects \(course)" + (outage.isOver ? "" : ", to the end")
    }

    static func name(of door: Outage.Door) -> String {
        switch door {
        case .accepting: "accepted"
        case .refusing: "refused"
        case .starting: "told to wait (57P03)"
        case .full: "turned away (53300)"
        case .hanging: "hung"
        case .broken: "broken"
        }
    }

    /// WAL replayed, with its speed where there was enough to tell.
    var replayed: String {
        guard let bytes = outage.walBytes else { return "–" }
        guard bytes > 0 else { return "none" }
        let text = MetricUnit.bytes.text(bytes)
        guard let seconds = outage.walSeconds, seconds >= 0.01 else { return text }
        return "\(text) at \(MetricUnit.bytes.text(bytes / seconds))/s"
    }

    /// How long they were watched: ten times a second, until they were whole or the run ended.
    private var watched: String { ClockText.length(Double(outage.arrivals.count) / 10) }

    /// How clients came back.
    var storm: String {
        let total = outage.arrivals.reduce(0, +)
        guard total > 0 else { return "–" }
        let whole = outage.secondsToWhole.map { "whole after \(ClockText.length($0))" } ?? "not whole within \(watched)"
        return "\(total) sessions, at most \(outage.peakArrivals)/s; \(whole)"
    }
}
