/// What happens to some calls: one tampering rule in the sense of strace(1), `-e inject`.
public struct SyscallRule: Hashable, Sendable, CustomStringConvertible {
    /// What the caller gets.
    public enum Outcome: Hashable, Sendable {
        /// The call is made.
        case proceed
        /// The call is not made and fails.
        case fail(ErrorNumber)
        /// The call is not made and returns this, 0…`Int64.max`.
        case succeed(returning: Int64)
    }

    public let syscalls: [Syscall]
    public let outcome: Outcome
    /// How long the caller waits first; zero for not at all.
    public let delay: Duration
    /// Which calls of a thread, counted for each of `syscalls` on its own.
    public let invocations: Invocations

    /// The form in which it was written, without what need not be said.
    public var description: String {
        var text = syscalls.map(\.name).joined(separator: ",")
        switch outcome {
        case .proceed: break
        case .fail(let error): text += ":error=\(error)"
        case .succeed(let value): text += ":retval=\(value)"
        }
        if delay > .zero { text += ":delay_enter=\(delayText)" }
        if invocations != .all { text += ":when=\(invocations)" }
        return text
    }

    private var delayText: String {
        let nanoseconds = delay.components.seconds * 1_000_000_000 + delay.components.attoseconds / 1_000_000_000
        return nanoseconds % 1000 == 0 ? "\(nanoseconds / 1000)us" : "\(nanoseconds)ns"
    }
}
