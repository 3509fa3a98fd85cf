import Testing

/// How far the traits of the test that runs have come.
///
/// The testing library makes the first trait of a test the outermost, so `.brink(…), .retry(…)` would inject once
/// around all attempts. Here faults wait for the retry that is still to come, which injects them anew around each
/// attempt.
struct Attempts: Sendable {
    @TaskLocal static var current: Attempts = Attempts()

    /// Retries that have begun.
    var retries = 0
    /// Traits whose faults the next retry injects, the outermost first.
    var waiting: [ChaosTrait] = []

    func hasRetryAhead(of test: Test) -> Bool {
        test.traits.count { $0 is RetryTrait } > retries
    }

    func adding(_ trait: ChaosTrait) -> Attempts {
        Attempts(retries: retries, waiting: waiting + [trait])
    }

    /// Begins a retry.
    /// - Returns: what holds within it, and the traits that it injects around each of its attempts. Of several retries
    ///   only the innermost injects, as each of its attempts is one of the others' too.
    func beginningRetry(of test: Test) -> (inside: Attempts, traits: [ChaosTrait]) {
        let inside = Attempts(retries: retries + 1, waiting: waiting)
        guard !inside.hasRetryAhead(of: test) else { return (inside, []) }
        return (Attempts(retries: retries + 1), waiting)
    }
}
