/// Decides which scenario of a suite begins next, and in which lane. Does nothing itself.
///
/// Long ones begin first, so that no lane is left with one at the end; those that must be alone come last, one by one.
public struct SuiteSchedule: Sendable {
    /// A scenario that is to begin.
    public struct Start: Hashable, Sendable {
        public let entry: SuiteEntry
        /// From 1.
        public let lane: Int
        /// From 1.
        public let attempt: Int
        /// How many attempts before it passed.
        public let passed: Int
    }

    private struct Waiting {
        let entry: SuiteEntry
        let attempt: Int
        /// How many attempts before it passed.
        let passed: Int
    }

    private var beside: [Waiting]
    private var alone: [Waiting]
    private var freeLanes: [Int]
    private var running: [Int: Start] = [:]
    /// Whether the first one may have others beside it.
    private var isWarm: Bool

    /// - Parameters:
    ///   - lanes: how many scenarios run side by side, at least 1.
    ///   - warmsUp: the first one runs by itself: it makes the templates of clusters and fetches programs into memory, and
    ///     whatever ran beside it would be measured while that goes on.
    public init(_ entries: [SuiteEntry], lanes: Int, warmsUp: Bool = false) {
        isWarm = !warmsUp
        let ordered = entries.sorted { ($0.duration, $1.scenario.id) > ($1.duration, $0.scenario.id) }
            .map { Waiting(entry: $0, attempt: 1, passed: 0) }
        beside = ordered.filter { !$0.entry.isAlone }
        alone = ordered.filter(\.entry.isAlone)
        freeLanes = Array(1...max(1, lanes))
    }

    public var isFinished: Bool { beside.isEmpty && alone.isEmpty && running.isEmpty }

    /// Those that begin now.
    public mutating func next() -> [Start] {
        var starts: [Start] = []
        if running.values.contains(where: \.entry.isAlone) { return [] }
        while !beside.isEmpty, !freeLanes.isEmpty, isWarm || running.isEmpty {
            // The shortest for warming up, as the other lanes wait for it.
            starts.append(begin(isWarm ? beside.removeFirst() : beside.removeLast()))
        }
        if beside.isEmpty, running.isEmpty, !alone.isEmpty { starts.append(begin(alone.removeFirst())) }
        return starts
    }

    private mutating func begin(_ waiting: Waiting) -> Start {
        let start = Start(
            entry: waiting.entry, lane: freeLanes.removeFirst(), attempt: waiting.attempt, passed: waiting.passed)
        running[start.lane] = start
        return start
    }

    /// A scenario has ended.
    /// - Parameters:
    ///   - passed: whether it passed.
    ///   - mayTryAgain: false when nothing more may be done with it, whatever its policy says.
    public mutating func ended(_ start: Start, passed: Bool, mayTryAgain: Bool) {
        running[start.lane] = nil
        isWarm = true
        freeLanes = (freeLanes + [start.lane]).sorted()
        let count = start.passed + (passed ? 1 : 0)
        guard mayTryAgain, start.entry.policy.wantsMore(passed: count, made: start.attempt) else { return }
        let again = Waiting(entry: start.entry, attempt: start.attempt + 1, passed: count)
        if start.entry.isAlone { alone.append(again) } else { beside.append(again) }
    }

    /// Nothing more begins.
    public mutating func stop() {
        beside = []
        alone = []
    }
}
