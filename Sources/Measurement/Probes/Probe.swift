/// Reads figures and changes nothing. Names are those of conditions, values in base units.
public protocol Probe: Sendable {
    /// Adds the figures of this moment. What cannot be read is left out: a target that died has no memory.
    func read(into values: inout [String: Double])
}

/// A probe that asks someone who may answer late or never: it asks beside the sampler, and `read` gives the newest
/// answer.
public protocol PollingProbe: Probe {
    /// Starts to ask.
    func begin()
    /// Asks no more. Returns when the last question is over.
    func end() async
}

extension Probe {
    /// The figures of this moment alone.
    public func read() -> [String: Double] {
        var values: [String: Double] = [:]
        read(into: &values)
        return values
    }
}
