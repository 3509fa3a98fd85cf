import SyscallRules

/// What the supervisor answers: one record for each request.
enum SupervisorReply: Hashable, Sendable {
    case done
    case counts(SyscallCounts)
    case refused(String)

    init?(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 2).map(String.init)
        switch words.first {
        case "done": self = .done
        case "counts":
            guard words.count == 3, let seen = UInt64(words[1]), let injected = UInt64(words[2]) else { return nil }
            self = .counts(SyscallCounts(seen: seen, injected: injected))
        case "refused": self = .refused(String(text.dropFirst("refused ".count)))
        default: return nil
        }
    }

    var text: String {
        switch self {
        case .done: "done"
        case .counts(let counts): "counts \(counts.seen) \(counts.injected)"
        case .refused(let reason): "refused \(reason)"
        }
    }
}
