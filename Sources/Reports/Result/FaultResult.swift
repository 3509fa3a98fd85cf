import Events

/// One fault with the course it took.
public struct FaultResult: Codable, Hashable, Sendable {
    /// How far a fault came.
    public enum State: String, Codable, Hashable, Sendable {
        /// Its moment had not come when the events stop.
        case planned
        case due
        case injected
        case ended
        case recovered
        case failed
        /// Its condition never held.
        case neverDue
    }

    public var id: String
    /// Its kind, such as `memory.high`.
    public var name: String
    public var target: String
    public var schedule: String
    public var state: State
    /// Whether it was seen to take effect.
    public var verified: Bool
    /// What showed that it took effect.
    public var evidence: String?
    /// Why it failed, was never due or was not verified.
    public var trouble: String?
    public var dueAt: Double?
    public var injectedAt: Double?
    public var verifiedAt: Double?
    public var endedAt: Double?
    /// Start of the first good window after its end.
    public var recoveredAt: Double?
    /// From its end to the start of the first good window.
    public var recoverySeconds: Double?

    init(_ planned: RunStart.PlannedFault) {
        id = planned.id
        name = planned.name
        target = planned.target
        schedule = planned.schedule
        state = .planned
        verified = false
    }

    /// Takes the next change of the fault's state, which came at a time in seconds.
    mutating func take(_ change: FaultChange, at time: Double) {
        let detail = change.detail.isEmpty ? nil : change.detail
        switch change.state {
        case .due:
            dueAt = time
            state = .due
        case .injected:
            injectedAt = time
            state = .injected
        case .verified:
            // May come after the end: a kill ends at once and is seen a moment later.
            verified = true
            verifiedAt = time
            evidence = detail
        case .unverified:
            trouble = detail ?? "not seen to take effect"
        case .ended:
            endedAt = time
            // The last look, where it saw more than the first.
            evidence = detail ?? evidence
            if state != .failed { state = .ended }
        case .recovered:
            recoverySeconds = change.recoverySeconds
            recoveredAt = change.recoverySeconds.flatMap { seconds in endedAt.map { $0 + seconds } } ?? time
            if state != .failed { state = .recovered }
        case .failed:
            state = .failed
            trouble = detail ?? "failed"
        case .neverDue:
            state = .neverDue
            trouble = detail
        }
    }
}
