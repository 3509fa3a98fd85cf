import Scenarios
import Squeeze

/// What a person asked to be squeezed or traced.
public struct SqueezeRequest: Sendable {
    /// How long things take.
    public struct Timing: Sendable {
        /// From a limit's change to the window that is judged.
        public var settle = Duration.seconds(2)
        /// Length of the window that is judged.
        public var window = Duration.seconds(5)
        /// The longest that a target may take to hold again after a limit was taken away.
        public var drain = Duration.seconds(60)

        public init() {}
    }

    /// Services, targets, load and abort conditions; its faults and expectations are not used.
    public var scenario: Scenario
    /// Id of the target, one of the scenario's.
    public var target: String
    public var timing = Timing()

    /// - Parameter target: id of a target or a service of the scenario.
    /// - Throws: when there is none of that name.
    public init(_ scenario: Scenario, target: String) throws(HarnessError) {
        var scenario = scenario
        if !scenario.targets.contains(where: { $0.id == target }) {
            guard scenario.services.contains(where: { $0.id == target }) else {
                let known = Set(scenario.targets.map(\.id) + scenario.services.map(\.id)).sorted()
                throw HarnessError(
                    .usage,
                    "scenario \(scenario.id) has no target or service \"\(target)\"; it has "
                        + known.joined(separator: ", ")
                        + "; or give cgroup:PATH, pid:N, name:PROCESS, container:NAME or unit:NAME")
            }
            scenario.targets.append(Target(id: target, kind: .service(target)))
        }
        scenario.faults = []
        scenario.expectations = []
        scenario.steadyState = nil
        self.scenario = scenario
        self.target = target
    }
}
