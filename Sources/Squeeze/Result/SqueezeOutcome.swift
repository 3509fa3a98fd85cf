/// How a search ended.
public enum SqueezeOutcome: String, Codable, Hashable, Sendable, CaseIterable {
    /// The brink is known as narrowly and as surely as was asked for.
    case found
    /// The objective held down to the least value that may be tried.
    case neverFailed
    /// The objective failed with the greatest value that may be tried, though not without a limit.
    case failsAtCeiling
    /// The objective did not hold without any limit, so nothing was squeezed.
    case objectiveNeverHeld
    /// The target uses nothing of the resource.
    case nothingUsed
    /// Several windows in a row could not be judged.
    case unmeasured
    /// The steps or the time were used up before the brink was known surely enough.
    case outOfPatience
    /// The target did not come back to its objective after the limit was taken away.
    case noRecovery
    /// It was stopped.
    case interrupted
}
