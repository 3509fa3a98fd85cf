import Events
import Scenarios
import Statistics

/// How often a scenario fails at its first attempt, over the history, beside what it declares.
///
/// A first attempt that passed or failed counts. One that was inconclusive, aborted or in error says nothing about the
/// service; it is told apart. Later attempts do not count either: they are only made where the first one failed.
public struct ObservedFlakiness: Codable, Hashable, Sendable {
    /// What the rate says beside the declared category.
    public enum Finding: String, Codable, Hashable, Sendable {
        /// No flakier than declared, with 95 % confidence.
        case asDeclared
        /// Flakier than declared, with 95 % confidence.
        case flakier
        /// It fails more often than it passes: broken, or the service is, rather than flaky.
        case failing
        /// Too few runs.
        case cannotTell
    }

    /// Confidence of the interval.
    public static let level = 0.95
    /// A scenario that fails more often than this is marked as flaky.
    public static let markRate = 0.2
    /// Fewer first attempts than this mark nothing.
    static let markRuns = 5
    /// More further runs than this are as good as never.
    static let mostNeeded = 10_000

    public var scenario: String
    /// The profile of the service in bookshop's place; absent for bookshop itself.
    public var profile: String?
    /// As declared last: stable, flaky or very-flaky.
    public var declared: String
    /// First attempts that passed or failed.
    public var runs: Int
    public var failures: Int
    /// First attempts that say nothing.
    public var unclear: Int
    /// Share that failed, 0 to 1; absent without a run.
    public var rate: Double?
    /// Wilson's interval of 95 %; absent without a run.
    public var low: Double?
    public var high: Double?
    /// The category that the rate falls into; absent without a run and above 50 %.
    public var observed: String?
    public var finding: Finding
    /// Whether it fails often enough, and passes now and then, to be called flaky whatever it declares.
    public var isMarkedFlaky: Bool
    /// Further runs until it can be told whether it is flakier than declared, if it goes on failing as often; 0 when that
    /// is told, absent when it would take more than 10,000.
    public var runsNeeded: Int?

    /// - Parameters:
    ///   - declared: as declared last.
    ///   - runs: first attempts that passed or failed.
    public init(
        scenario: String, profile: String? = nil, declared: ScenarioAbout.Category, runs: Int, failures: Int,
        unclear: Int = 0
    ) {
        self.scenario = scenario
        self.profile = profile
        self.declared = declared.rawValue
        self.runs = runs
        self.failures = failures
        self.unclear = unclear
        let rate = runs > 0 ? Double(failures) / Double(runs) : nil
        self.rate = rate
        let interval = Interval.wilson(successes: failures, of: runs, level: ObservedFlakiness.level)
        low = interval?.lower
        high = interval?.upper
        observed = rate.flatMap { rate in
            ScenarioAbout.Category.allCases.first { rate <= $0.rates.upperBound }?.rawValue
        }
        isMarkedFlaky =
            runs >= ObservedFlakiness.markRuns && failures < runs && (rate ?? 0) > ObservedFlakiness.markRate
        let bound = declared.rates.upperBound
        finding = ObservedFlakiness.finding(interval, bound: bound)
        runsNeeded =
            finding == .cannotTell ? ObservedFlakiness.needed(runs: runs, rate: rate ?? 0, bound: bound) : 0
    }

    /// Whether it declares itself stable and certainly is not.
    public var contradictsStable: Bool {
        declared == ScenarioAbout.Category.stable.rawValue
            && (finding == .flakier || finding == .failing || isMarkedFlaky)
    }

    private static func finding(_ interval: Interval?, bound: Double) -> Finding {
        guard let interval else { return .cannotTell }
        if interval.lower > 0.5 { return .failing }
        if interval.lower > bound { return .flakier }
        return interval.upper <= bound ? .asDeclared : .cannotTell
    }

    /// The least number of further runs with which an interval about the same rate leaves the bound out.
    private static func needed(runs: Int, rate: Double, bound: Double) -> Int? {
        func tells(_ further: Int) -> Bool {
            let all = runs + further
            let failures = Int((rate * Double(all)).rounded())
            return finding(Interval.wilson(successes: failures, of: all, level: level), bound: bound) != .cannotTell
        }
        // Rounding makes it waver near the end, so it is looked for one by one where that is quick, else by halves.
        if let few = (1...200).first(where: tells) { return few }
        guard tells(mostNeeded) else { return nil }
        var (low, high) = (200, mostNeeded)
        while high - low > 1 {
            let middle = (low + high) / 2
            if tells(middle) { high = middle } else { low = middle }
        }
        return high
    }
}

extension ObservedFlakiness {
    /// Of every scenario of a history, by scenario and service. Runs with seeded mistakes say nothing about a healthy
    /// service, and runs without an end nothing at all.
    /// - Parameter records: newest first.
    public static func all(_ records: [RunRecord]) -> [ObservedFlakiness] {
        struct Subject: Hashable {
            let scenario: String
            let profile: String?
        }
        let counted = records.filter { $0.weaknesses.isEmpty && $0.attempt == 1 && $0.verdict != nil }
        return Dictionary(grouping: counted) { Subject(scenario: $0.scenario, profile: $0.profile) }.map {
            subject, runs in
            ObservedFlakiness(
                scenario: subject.scenario, profile: subject.profile,
                declared: runs.first.flatMap { ScenarioAbout.Category(rawValue: $0.category) } ?? .stable,
                runs: runs.count { $0.verdict == .pass || $0.verdict == .fail },
                failures: runs.count { $0.verdict == .fail },
                unclear: runs.count { $0.verdict != .pass && $0.verdict != .fail })
        }.sorted { first, second in
            (second.low ?? -1, second.rate ?? -1, first.scenario, first.profile ?? "")
                < (first.low ?? -1, first.rate ?? -1, second.scenario, second.profile ?? "")
        }
    }
}
