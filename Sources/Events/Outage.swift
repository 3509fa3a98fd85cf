/// A stretch of time in which a PostgreSQL server did not take new connections, as a client met it.
public struct Outage: Codable, Hashable, Sendable {
    /// What a new connection meets.
    public enum Door: String, Codable, Hashable, Sendable, CaseIterable {
        case accepting
        /// Nobody listens: refused at once (ECONNREFUSED).
        case refusing
        /// It listens and says that it starts up, recovers or shuts down (SQLSTATE 57P03).
        case starting
        /// No slot is left for this role (53300).
        case full
        /// It is taken and then nothing is said: a connect hangs.
        case hanging
        /// It breaks in another way.
        case broken
    }

    /// What was met from one moment to the next.
    public struct Stretch: Codable, Hashable, Sendable {
        public var door: Door
        /// Seconds from the run's start.
        public var start: Double
        public var end: Double

        public init(door: Door, start: Double, end: Double) {
            self.door = door
            self.start = start
            self.end = end
        }
    }

    public var target: String
    /// The fault that was injected last before it; nil when there was none.
    public var fault: String?
    /// Time from that fault's injection until a client first noticed, in seconds; of its first outage only.
    public var secondsToNotice: Double?
    /// In order, without gaps; the last one ends when a connection was accepted again, or with the run.
    public var stretches: [Stretch]
    /// Whether it ended within the run.
    public var isOver: Bool
    /// WAL that crash recovery replayed, in bytes, and how long that took in seconds, as the server's log says it; nil
    /// when it says nothing.
    public var walBytes: Double?
    public var walSeconds: Double?
    /// Requests of the load that were under way when it began and failed.
    public var failedInFlight: Int
    /// Writes of the load whose outcome became unknown in it.
    public var unknownWrites: Int
    /// New sessions of clients in each tenth of a second after its end: the shape of the reconnect storm.
    public var arrivals: [Int]
    /// Time after its end until clients had as many sessions as before, in seconds; nil when they had not within the time
    /// that was looked.
    public var secondsToWhole: Double?

    public init(target: String, stretches: [Stretch], isOver: Bool) {
        self.target = target
        self.stretches = stretches
        self.isOver = isOver
        failedInFlight = 0
        unknownWrites = 0
        arrivals = []
    }

    public var start: Double { stretches.first?.start ?? 0 }
    public var end: Double { stretches.last?.end ?? 0 }
    public var seconds: Double { end - start }

    /// Seconds for which each was met.
    public var shares: [(door: Door, seconds: Double)] {
        Door.allCases.compactMap { door in
            let seconds = stretches.filter { $0.door == door }.reduce(0) { $0 + $1.end - $1.start }
            return seconds > 0 ? (door, seconds) : nil
        }
    }

    /// New sessions a second in the busiest tenth of a second.
    public var peakArrivals: Int { (arrivals.max() ?? 0) * 10 }
}

/// A line that a server wrote into its log about itself.
public struct ServerLogLine: Codable, Hashable, Sendable {
    public var target: String
    /// Seconds from the run's start, by the line's own time.
    public var at: Double
    /// `LOG`, `WARNING`, `FATAL`, `PANIC`.
    public var severity: String
    public var text: String

    public init(target: String, at: Double, severity: String, text: String) {
        self.target = target
        self.at = at
        self.severity = severity
        self.text = text
    }
}
