/// What a suite needs to know of a scenario: where it belongs, what it asks of the machine, how far its verdict is to be
/// trusted.
public struct ScenarioAbout: Hashable, Sendable {
    /// What of a service a scenario tries.
    public enum Domain: String, CaseIterable, Sendable, Codable {
        case network, pool, database, consistency, cache, identity, resources, cascades
    }

    /// How often a healthy service may fail all the same: up to 5 %, 5 to 20 %, 20 to 50 % of runs.
    public enum Category: String, CaseIterable, Sendable, Codable {
        case stable
        case flaky
        case veryFlaky = "very-flaky"

        /// Shares of runs that may fail.
        public var rates: ClosedRange<Double> {
            switch self {
            case .stable: 0...0.05
            case .flaky: 0.05...0.2
            case .veryFlaky: 0.2...0.5
            }
        }
    }

    /// Why a scenario is not stable, and the share of runs that are expected to fail.
    public struct Flakiness: Hashable, Sendable {
        public var rate: Double
        public var reason: String
    }

    /// Something of the machine that a scenario cannot do without.
    public struct Need: Hashable, Sendable, CustomStringConvertible {
        public enum Kind: String, CaseIterable, Sendable {
            /// A controller of cgroup v2.
            case controller
            /// A module of the kernel.
            case module
            /// An extension of PostgreSQL.
            case `extension`
            /// A program, by the package it is in.
            case program
        }

        public var kind: Kind
        public var name: String

        public var description: String { "\(kind.rawValue):\(name)" }
    }

    public var domain: Domain?
    /// What a healthy service does, in words.
    public var expected = ""
    public var category = Category.stable
    /// Given where the category is not stable.
    public var flakiness: Flakiness?
    /// How many attempts must pass; nil for whoever runs it to decide.
    public var pass: PassRule?
    public var needs: [Need] = []
    public var tags: [String] = []
    /// Weaknesses of the reference service that make it fail.
    public var catches: [String] = []
    /// Whether it disturbs the whole machine, so that no other scenario may run beside it.
    public var isAlone = false

    public init() {}
}
