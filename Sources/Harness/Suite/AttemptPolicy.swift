import Scenarios

/// How often a scenario of a suite is run, and how many of the runs must pass.
public struct AttemptPolicy: Hashable, Sendable {
    /// So many attempts at most.
    public let most: Int
    /// So many of them must pass.
    public let needed: Int
    /// Whether all attempts are made, whatever comes of the first ones. Each is then a first attempt.
    public let isRepeated: Bool
    /// As a person would say it.
    public let rule: PassRule

    /// What a person asked for goes before what the scenario says.
    /// - Parameters:
    ///   - about: its rule, and its category: one that may fail on a healthy service gets a second chance.
    ///   - repetitions: how often each scenario is run, whatever comes of it; 1 or more.
    ///   - retries: how often one that did not pass is tried again; 0 or more.
    public init(_ about: ScenarioAbout, repetitions: Int? = nil, retries: Int? = nil, rule: PassRule? = nil) {
        var own = about.pass
        // So many of so many attempts means nothing for another number of them.
        if case .atLeast = own, repetitions != nil { own = nil }
        let rule = rule ?? own ?? (repetitions == nil ? .any : .all)
        let usual: Int =
            switch about.category {
            case .stable: 1
            case .flaky: 2
            case .veryFlaky: 3
            }
        let count = repetitions ?? retries.map { $0 + 1 } ?? usual
        switch rule {
        case .all: (most, needed) = (count, count)
        case .any: (most, needed) = (count, 1)
        case .atLeast(let some, let all): (most, needed) = (max(all, repetitions ?? 0), some)
        }
        isRepeated = repetitions != nil
        self.rule = rule
    }

    /// Whether a further attempt is due.
    /// - Parameters:
    ///   - passed: how many attempts have passed.
    ///   - made: how many have been made.
    public func wantsMore(passed: Int, made: Int) -> Bool {
        guard made < most else { return false }
        if isRepeated { return true }
        return passed < needed && passed + most - made >= needed
    }
}
