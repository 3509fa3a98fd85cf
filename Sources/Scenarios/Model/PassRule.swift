/// How many attempts at a scenario must pass for the scenario to pass.
public enum PassRule: Hashable, Sendable, CustomStringConvertible {
    /// Every attempt.
    case all
    /// One is enough.
    case any
    /// So many of so many attempts.
    case atLeast(Int, of: Int)

    /// The most attempts that a rule, or a person, may ask for.
    public static let most = 1000

    /// - Parameter text: `all`, `any`, or for instance `2-of-3`.
    public init?(_ text: String) {
        switch text {
        case "all": self = .all
        case "any": self = .any
        default:
            let parts = text.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1] == "of", let needed = Int(parts[0]), let count = Int(parts[2]),
                (1...PassRule.most).contains(count), (1...count).contains(needed)
            else { return nil }
            self = .atLeast(needed, of: count)
        }
    }

    public var description: String {
        switch self {
        case .all: "all"
        case .any: "any"
        case .atLeast(let needed, let count): "\(needed)-of-\(count)"
        }
    }
}
