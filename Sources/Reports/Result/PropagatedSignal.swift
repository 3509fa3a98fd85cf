import Events

/// A measured value that left what was usual before the first fault: one step of a failure's way through a system.
public struct PropagatedSignal: Codable, Hashable, Sendable {
    /// The metric's name.
    public var signal: String
    /// The most (for `alive` the least) that was measured in the baseline, in the metric's base unit.
    public var usual: Double
    /// What it went to at worst.
    public var worst: Double
    /// When it left what was usual, in seconds.
    public var since: Double
    /// When it came back for good; absent when it had not by the end of the measurements, although every fault had ended.
    public var until: Double?
}
