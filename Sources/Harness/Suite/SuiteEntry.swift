import Scenarios

/// One scenario of a suite, and where `brink run` finds it.
public struct SuiteEntry: Hashable, Sendable {
    public let scenario: Scenario
    /// A file, or the name of a shipped one.
    public let source: String
    /// How often it is run, and how many of the runs must pass.
    public let policy: AttemptPolicy

    /// - Parameter policy: what the scenario itself says when left out.
    public init(scenario: Scenario, source: String, policy: AttemptPolicy? = nil) {
        self.scenario = scenario
        self.source = source
        self.policy = policy ?? AttemptPolicy(scenario.about)
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
}
