import Engine
import Scenarios
import SeededRandom

/// Entries of a cache that a fault chooses at random.
actor CacheSelection {
    static let parameters = [
        ParameterSchema("prefix", .text, "Only entries whose keys begin so; all when it is left out."),
        ParameterSchema("share", .fraction(0.001...1), default: "100%", "The share of them, chosen at random."),
    ]

    private let cache: any CacheAccess
    private let prefix: String
    private let share: Double
    private var generator: SeededGenerator

    init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        cache = try target.requireCache(for: specification.name)
        prefix = specification.parameters.text("prefix") ?? ""
        share = specification.parameters.fraction("share") ?? 1
        generator = SeededGenerator(seed: target.seed)
    }

    /// Those that are there now; none is no error.
    func draw() async throws -> [String] {
        let keys = try await cache.keys(prefix, limit: 100_000).sorted().shuffled(using: &generator)
        return Array(keys.prefix(Int((Double(keys.count) * share).rounded(.up))))
    }
}
