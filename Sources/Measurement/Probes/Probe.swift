/// Reads figures and changes nothing. Names are those of conditions, values in base units.
public protocol Probe: Sendable {
    /// The figures of this moment. What cannot be read is left out: a target that died has no memory.
    func read() -> [String: Double]
}
