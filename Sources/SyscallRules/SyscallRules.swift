/// Rules that are switched on together, in order: for each call the first that fits decides.
public struct SyscallRules: Hashable, Sendable, CustomStringConvertible {
    /// At least one.
    public let rules: [SyscallRule]

    /// Parses rules separated by `;`, each of the form
    /// `NAME[,NAME…]:error=ERRNO|retval=N|delay_enter=TIME[:when=FIRST[..LAST][+[STEP]]]`.
    public init(_ text: String) throws(SyscallRuleError) {
        rules = try SyscallRuleParser.parse(text)
    }

    /// The calls that any of the rules is about, each once, by name.
    public var syscalls: [Syscall] {
        Set(rules.flatMap(\.syscalls)).sorted { $0.name < $1.name }
    }

    /// As it can be parsed again; has no spaces.
    public var description: String { rules.map(\.description).joined(separator: ";") }
}
