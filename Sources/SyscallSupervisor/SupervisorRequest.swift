import SyscallRules

/// What the harness asks of the supervisor: one record each, words separated by spaces.
enum SupervisorRequest: Hashable, Sendable {
    /// Has a program of that name been started under a filter?
    case isAdopted(target: String)
    /// Switch rules on; those of the same id are replaced.
    case switchOn(id: String, target: String, rules: SyscallRules)
    case switchOff(id: String)
    case counts(id: String)

    init?(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("adopted", 2): self = .isAdopted(target: words[1])
        case ("on", 4):
            do throws(SyscallRuleError) {
                self = .switchOn(id: words[1], target: words[2], rules: try SyscallRules(words[3]))
            } catch {
                return nil
            }
        case ("off", 2): self = .switchOff(id: words[1])
        case ("counts", 2): self = .counts(id: words[1])
        default: return nil
        }
    }

    var text: String {
        switch self {
        case .isAdopted(let target): "adopted \(target)"
        case .switchOn(let id, let target, let rules): "on \(id) \(target) \(rules)"
        case .switchOff(let id): "off \(id)"
        case .counts(let id): "counts \(id)"
        }
    }
}
