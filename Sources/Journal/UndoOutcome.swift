/// What came of taking one change back.
public enum UndoOutcome: Hashable, Sendable, CustomStringConvertible {
    /// The prior state was put back and read back.
    case restored
    /// The host already showed the prior state.
    case alreadyRestored
    /// What was changed is gone: the process ended, the cgroup was removed, the machine was booted anew.
    case targetGone(String)
    /// Someone else changed it meanwhile; nothing was touched.
    case conflict(String)
    /// The kernel refused, or shows something else afterwards.
    case failed(String)

    /// Whether the host is left other than it was found.
    public var isResidue: Bool {
        switch self {
        case .restored, .alreadyRestored, .targetGone: false
        case .conflict, .failed: true
        }
    }

    public var detail: String {
        switch self {
        case .restored, .alreadyRestored: ""
        case .targetGone(let detail), .conflict(let detail), .failed(let detail): detail
        }
    }

    public var description: String {
        detail.isEmpty ? code : "\(code): \(detail)"
    }

    var code: String {
        switch self {
        case .restored: "restored"
        case .alreadyRestored: "already-restored"
        case .targetGone: "target-gone"
        case .conflict: "conflict"
        case .failed: "failed"
        }
    }

    init?(code: String, detail: String) {
        switch code {
        case "restored": self = .restored
        case "already-restored": self = .alreadyRestored
        case "target-gone": self = .targetGone(detail)
        case "conflict": self = .conflict(detail)
        case "failed": self = .failed(detail)
        default: return nil
        }
    }
}
