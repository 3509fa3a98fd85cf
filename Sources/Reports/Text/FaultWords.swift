/// What to say of a fault's effect and recovery.
struct FaultWords {
    private let fault: FaultResult

    init(_ fault: FaultResult) {
        self.fault = fault
    }

    /// What it is and what it hits: `memory.high on pool`.
    var kind: String {
        [fault.name, fault.target].filter { !$0.isEmpty }.joined(separator: " on ")
    }

    /// Whether it took effect, with the evidence.
    var effect: String {
        if fault.state == .failed { return "failed: \(fault.trouble ?? "")" }
        if fault.verified { return "yes: \(fault.evidence ?? "seen")" }
        switch fault.state {
        case .neverDue: return "never due" + (fault.trouble.map { ": \($0)" } ?? "")
        case .planned, .due: return "not injected"
        default: return "not seen" + (fault.trouble.map { ": \($0)" } ?? "")
        }
    }

    /// How long the steady state took to come back.
    var recovery: String {
        if let seconds = fault.recoverySeconds { return ClockText.length(seconds) }
        return fault.endedAt == nil ? "–" : "not seen"
    }
}
