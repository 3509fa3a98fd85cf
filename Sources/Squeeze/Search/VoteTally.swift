/// How often each value met the objective. Only answers that count are in it.
struct VoteTally: Sendable {
    /// Votes for and against one or more values.
    struct Votes: Hashable, Sendable {
        var holds = 0
        var fails = 0

        /// The majority of `repeats` votes, known as soon as the rest could not turn it; nil before that.
        func majority(of repeats: Int) -> Bool? {
            let needed = repeats / 2 + 1
            if holds >= needed, holds > fails { return true }
            if fails >= needed, fails > holds { return false }
            return nil
        }
    }

    private var votes: [Double: Votes] = [:]

    mutating func add(_ value: Double, holds: Bool) {
        if holds { votes[value, default: Votes()].holds += 1 } else { votes[value, default: Votes()].fails += 1 }
    }

    /// All votes on values within the bounds.
    func votes(from low: Double, through high: Double) -> Votes {
        var sum = Votes()
        for (value, one) in votes where value >= low && value <= high {
            sum.holds += one.holds
            sum.fails += one.fails
        }
        return sum
    }

    /// Every value that was voted on, with its votes.
    var all: [(value: Double, votes: Votes)] { votes.map { ($0.key, $0.value) }.sorted { $0.value < $1.value } }

    /// The least value for which most votes are.
    var leastHeld: Double? { votes.filter { $0.value.holds > $0.value.fails }.keys.min() }

    /// The greatest value below the bound against which most votes are.
    func greatestFailed(below bound: Double) -> Double? {
        votes.filter { $0.key < bound && $0.value.fails > $0.value.holds }.keys.max()
    }
}
