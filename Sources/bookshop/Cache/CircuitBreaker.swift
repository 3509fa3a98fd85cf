/// Whether something that failed is worth another try: after failures in a row it is left alone for a while, then tried by
/// one caller at a time. Time is passed in.
struct CircuitBreaker: Sendable {
    typealias Instant = ContinuousClock.Instant

    private enum State {
        case closed(failures: Int)
        case open(until: Instant)
        /// One caller tries; if it never says what came of it, another may from then on.
        case trial(until: Instant)
    }

    /// Failures in a row.
    let threshold: Int
    let pause: Duration
    private var state = State.closed(failures: 0)

    init(threshold: Int = 3, pause: Duration = .seconds(1)) {
        self.threshold = threshold
        self.pause = pause
    }

    mutating func mayTry(now: Instant) -> Bool {
        switch state {
        case .closed: return true
        case .open(let end), .trial(let end):
            guard now >= end else { return false }
            state = .trial(until: now.advanced(by: pause))
            return true
        }
    }

    mutating func succeeded() {
        state = .closed(failures: 0)
    }

    mutating func failed(now: Instant) {
        switch state {
        case .closed(let failures) where failures + 1 < threshold: state = .closed(failures: failures + 1)
        case .closed, .open, .trial: state = .open(until: now.advanced(by: pause))
        }
    }
}
