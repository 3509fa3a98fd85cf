import Events

/// How much of the time the steady state held.
public struct SteadyStateSummary: Codable, Hashable, Sendable {
    /// Texts of the checks by id.
    public var checks: [String: String]
    public var phases: [PhaseShare]

    /// The windows that ended within one phase.
    public struct PhaseShare: Codable, Hashable, Sendable {
        public var phase: PhaseChange.Phase
        public var windows: Int
        public var held: Int
        /// Fraction of the windows that held, 0 to 1.
        public var share: Double
        /// In how many windows each check did not hold; checks that always held are left out.
        public var failing: [String: Int]
    }
}
