import Consistency

/// What came of trying one phenomenon at one level.
public struct PhenomenonResult: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        case observed
        /// The transaction saw only what its snapshot holds.
        case preventedBySnapshot
        /// A transaction had to wait for the other, until its lock timeout (SQLSTATE 55P03).
        case preventedByWaiting
        /// A transaction failed with this SQLSTATE.
        case preventedByError(String)
        case inconclusive(String)
    }

    public let phenomenon: Phenomenon
    public let level: IsolationLevel
    public let outcome: Outcome

    var isInconclusive: Bool {
        if case .inconclusive = outcome { true } else { false }
    }

    /// Whether the server did what the level forbids.
    public var isViolation: Bool { outcome == .observed && phenomenon.forbiddenFrom <= level }
}
