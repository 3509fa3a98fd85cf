/// What a rule's alerts were worth in a run: measured against the time of its faults.
public struct DetectionScore: Codable, Hashable, Sendable {
    /// Faults whose time overlaps are one incident: nobody could tell them apart by an alert.
    public struct Incident: Codable, Hashable, Sendable {
        public var faults: [String]
        /// From when the first fault was due to the alert, in seconds; nil when there was none.
        public var delay: Double?
        /// Whether the steady state did not hold at some time of it; nil where there is none, and in what older versions
        /// wrote. What a service takes without harm is no reason to wake anybody.
        public var isFelt: Bool?

        public init(faults: [String], delay: Double?, isFelt: Bool? = nil) {
            self.faults = faults
            self.delay = delay
            self.isFelt = isFelt
        }
    }

    /// The rule's id; `any` for all of Brink's rules together.
    public var rule: String
    /// The rule in words.
    public var text: String
    public var incidents: [Incident]
    /// Alerts that began in an incident's time.
    public var rightAlerts: Int
    /// Alerts that began at another time.
    public var falseAlarms: Int

    public init(rule: String, text: String, incidents: [Incident], rightAlerts: Int, falseAlarms: Int) {
        self.rule = rule
        self.text = text
        self.incidents = incidents
        self.rightAlerts = rightAlerts
        self.falseAlarms = falseAlarms
    }

    /// Share of alerts that were right; nil without any.
    public var precision: Double? {
        let all = rightAlerts + falseAlarms
        return all > 0 ? Double(rightAlerts) / Double(all) : nil
    }

    /// Share of incidents that were told of; nil without any.
    public var recall: Double? {
        incidents.isEmpty ? nil : Double(incidents.count { $0.delay != nil }) / Double(incidents.count)
    }

    /// Those in which the steady state did not hold.
    public var felt: [Incident] { incidents.filter { $0.isFelt == true } }

    /// The longest; nil when nothing was told of.
    public var longestDelay: Double? { incidents.compactMap(\.delay).max() }
}
