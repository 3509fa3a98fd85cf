import Scenarios

/// One scenario of a suite, and where `brink run` finds it.
public struct SuiteEntry: Hashable, Sendable {
    public let scenario: Scenario
    /// A file, or the name of a shipped one.
    public let source: String

    public init(scenario: Scenario, source: String) {
        self.scenario = scenario
        self.source = source
    }

    /// What a run takes by its phases, without setup and teardown.
    public var duration: Duration {
        let phases = scenario.phases
        return phases.baseline + phases.run + (scenario.steadyState?.window ?? .zero)
    }

    /// Whether no other scenario may run beside it: it says so, or it hits something that it did not start.
    public var isAlone: Bool {
        scenario.about.isAlone
            || scenario.targets.contains { target in
                switch target.kind {
                case .service, .tcpProxy: false
                default: true
                }
            }
    }

    /// How often it is tried at most: one that may fail on a healthy service gets a second chance, and all of its
    /// verdicts are kept.
    public var attempts: Int {
        switch scenario.about.category {
        case .stable: 1
        case .flaky: 2
        case .veryFlaky: 3
        }
    }
}
