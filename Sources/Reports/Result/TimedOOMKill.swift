import Events

/// An OOM kill with its moment.
public struct TimedOOMKill: Codable, Hashable, Sendable {
    public var at: Double
    /// Ids of the faults that were active.
    public var during: [String]
    public var kill: OOMKill

    init(_ kill: OOMKill, at time: Double, during faults: [String]) {
        at = time
        during = faults
        self.kill = kill
        // JSON has no infinity, and a value without a number is as good as not measured.
        self.kill.lead?.series = kill.lead?.series.mapValues { $0.map { $0?.isFinite == true ? $0 : nil } } ?? [:]
    }
}
