import Engine

/// Does something to a cache, once or again and again until the fault ends, and counts what it came to.
///
/// A pass that fails, as when the cache is down for another fault, is counted and the next one comes all the same.
actor CacheCycle {
    private(set) var figures: Observation = [:]
    private var loop: Task<Void, Never>?

    func count(_ name: String, _ number: Int) { figures[name, default: 0] += Double(number) }

    /// Makes the first pass, then others.
    /// - Parameter pause: between one pass and the next; nil for one pass only.
    /// - Throws: what the first pass throws.
    func begin(every pause: Duration?, _ pass: @escaping @Sendable () async throws -> Void) async throws {
        try await pass()
        count("passes", 1)
        guard let pause, loop == nil else { return }
        loop = Task {
            while true {
                do { try await Task.sleep(for: pause) } catch { return }
                do {
                    try await pass()
                    count("passes", 1)
                } catch {
                    count("failures", 1)
                }
            }
        }
    }

    /// Returns when the pass under way is over.
    func end() async {
        loop?.cancel()
        await loop?.value
        loop = nil
    }
}
