import SeededRandom

/// Exponential backoff with full jitter: a random wait between nothing and the doubled bound.
struct Backoff: Sendable {
    let base: Duration
    let cap: Duration
    private var generator: SeededGenerator

    init(base: Duration, cap: Duration, seed: UInt64) {
        self.base = base
        self.cap = cap
        self.generator = SeededGenerator(seed: seed)
    }

    /// The longest wait before an attempt; attempt 0 is the first reconnection.
    func bound(attempt: Int) -> Duration {
        // Beyond this many doublings the cap applies for any sensible base, and the shift cannot overflow.
        min(cap, base * (1 << min(attempt, 16)))
    }

    mutating func delay(attempt: Int) -> Duration {
        bound(attempt: attempt) * Double.random(in: 0...1, using: &generator)
    }
}
