/// A scenario: services, targets, load, and faults on one clock, with what is expected of it all.
///
/// A value of this type has been checked as a whole; see `ScenarioReader`.
public struct Scenario: Hashable, Sendable {
    public static let apiVersion = "brink/v1"

    /// 10 Hz.
    public static let usualSampling = Duration.milliseconds(100)

    public var id: String
    /// What the scenario teaches.
    public var why: String
    public var about = ScenarioAbout()
    /// Seed of every random choice.
    public var seed: UInt64
    public var services: [Service]
    public var targets: [Target]
    public var load: Load?
    public var dataSafety: DataSafety?
    public var bypass: Bypass?
    /// Which alerts are on trial.
    public var alerts = Alerting()
    public var phases: Phases
    /// From one reading of all probes to the next in a run. Conditions are looked at as often.
    public var sampling = Scenario.usualSampling
    public var steadyState: SteadyState?
    public var faults: [FaultSpecification]
    public var neighbours: [Neighbour]
    /// With the neighbours' limits.
    public var aborts: [AbortCondition]
    public var expectations: [Expectation]

    /// How long each phase lasts. Recovery ends earlier when every fault has recovered and the steady state
    /// holds, though not before one window.
    public struct Phases: Hashable, Sendable {
        public var baseline: Duration
        public var run: Duration
        public var recovery: Duration
        /// Whether the run phase ends when every fault is over and has recovered, whatever is left of its length; the
        /// recovery phase then lasts only where an expectation is about it.
        public var untilRecovered = false
    }

    /// When the service counts as well.
    public struct SteadyState: Hashable, Sendable {
        /// Length of the window over which the checks are computed.
        public var window: Duration
        public var checks: [Check]
        /// Also an expectation while faults are active.
        public var during: Bool
        /// Also an expectation of the recovery phase, where there is one: it must hold again in the end.
        public var after = true

        public struct Check: Hashable, Sendable {
            public var id: String
            public var condition: Condition
        }
    }

    /// When to stop at once and undo everything.
    public struct AbortCondition: Hashable, Sendable {
        public var condition: Condition
        /// Whose limit it is; nil when it is the scenario's own.
        public var neighbour: String?

        /// What to tell when it holds.
        public var reason: String {
            neighbour.map { "neighbour budget: \($0) no longer meets \(condition)" } ?? "abort condition: \(condition)"
        }
    }

    /// What must be true at the end.
    public struct Expectation: Hashable, Sendable {
        public var id: String
        public var that: Condition
    }
}

extension Scenario {
    /// Whether a condition of it is about this metric.
    public func asks(for metric: String) -> Bool {
        let triggers = faults.compactMap { fault in
            if case .when(let condition) = fault.trigger { condition } else { nil }
        }
        let checks = (steadyState?.checks ?? []).map(\.condition)
        let conditions = triggers + checks + aborts.map(\.condition) + expectations.map(\.that)
        return conditions.flatMap(\.expression.operands).contains { operand in
            switch operand {
            case .metric(let name), .during(_, let name), .phase(_, let name), .peak(_, let name): name == metric
            case .recovery: false
            }
        }
    }

    /// A scenario in which nothing happens yet.
    public init(id: String) {
        self.init(
            id: id, why: "", seed: 1, services: [], targets: [],
            phases: Phases(baseline: .zero, run: .zero, recovery: .zero), faults: [], neighbours: [], aborts: [],
            expectations: [])
    }
}
