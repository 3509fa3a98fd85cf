/// How a collection is made.
public struct CollectionSettings: Equatable, Codable, Sendable {
    /// Fresh windows of each metric; at least 2.
    public let runs: Int
    /// Length of one run, in which every metric has its part, in seconds.
    public let window: Double
    /// Whole collections one after the other; from 2 on what they differ by is measured.
    public let collections: Int
    /// Of every random choice.
    public let seed: UInt64

    public init(runs: Int = 10, window: Double = 6, collections: Int = 1, seed: UInt64 = 1) {
        self.runs = runs
        self.window = window
        self.collections = collections
        self.seed = seed
    }
}
