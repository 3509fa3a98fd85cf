import Synchronization

/// Numbers that only grow, one for each combination of label values.
///
/// The label values must come from a small fixed set: every combination is kept for ever.
final class LabeledCounter: Sendable {
    let labels: [String]
    private let counts: Mutex<[[String]: UInt64]>

    /// - Parameter known: label values that are shown as 0 from the start, so that a rate can be taken of the first
    ///   event.
    init(_ labels: [String], known: [[String]] = []) {
        self.labels = labels
        self.counts = Mutex(Dictionary(known.map { ($0, 0) }) { first, _ in first })
    }

    func increment(_ values: String..., by amount: UInt64 = 1) {
        counts.withLock { $0[values, default: 0] += amount }
    }

    /// Sorted by label values.
    var values: [(labels: [String], count: UInt64)] {
        counts.withLock { $0.map { ($0.key, $0.value) } }
            .sorted { $0.0.lexicographicallyPrecedes($1.0) }
    }
}
