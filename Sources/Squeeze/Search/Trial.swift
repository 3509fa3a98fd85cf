/// One thing to try: a value of the knob, and why.
public struct Trial: Hashable, Sendable {
    /// Why a value is tried.
    public enum Purpose: String, Codable, Hashable, Sendable, CaseIterable {
        /// Without a limit, to know what there is to be lost.
        case reference
        /// A geometric step, to find two values that the brink lies between.
        case bracket
        /// The middle of what the brink could still be.
        case bisect
        /// Once more at the same value, because what was seen may be owed to the way there.
        case sustain
        /// An end of the interval, for the majority that the answer rests on.
        case confirm
    }

    /// Where the target comes from. What held on the way down has been squeezed for a while; what holds just after a
    /// recovery may live on what it was given back: cached pages, saved-up CPU time, open connections.
    public enum Approach: String, Codable, Hashable, Sendable, CaseIterable {
        case unlimited
        case descending
        case ascending
        case recovered
        case again
    }

    /// In the knob's unit; nil is without a limit.
    public let value: Double?
    public let purpose: Purpose
    public let approach: Approach

    public init(value: Double?, purpose: Purpose, approach: Approach) {
        self.value = value
        self.purpose = purpose
        self.approach = approach
    }
}
