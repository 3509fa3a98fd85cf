/// What is wrong with the text of a rule, where, and what was probably meant.
public struct SyscallRuleError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Problem: Error, Hashable, Sendable {
        case noRule
        case noSyscall
        case setOfSyscalls(String)
        /// The hint is empty or names the nearest known word, as in all other cases that have one.
        case unknownSyscall(String, hint: String)
        case syscallGivenTwice(String)
        case noEffect
        case unknownKey(String, hint: String)
        case unsupportedKey(String)
        case noValue(String)
        case givenTwice(String)
        case errorAndValue
        case unknownError(String, hint: String)
        case errorOutOfRange(String)
        case badReturnValue(String)
        case badDelay(String)
        case badWhen(String)
        case endBeforeStart(String)
    }

    public let problem: Problem
    /// Where the word that is wrong begins, in characters from 0.
    public let offset: Int

    public init(_ problem: Problem, at offset: Int) {
        self.problem = problem
        self.offset = offset
    }

    public var description: String { problem.description }
}

extension SyscallRuleError.Problem: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noRule: "a rule is missing; one looks like fsync:error=EIO:when=3+2"
        case .noSyscall: "the name of a system call is missing, as in fsync:error=EIO"
        case .setOfSyscalls(let text): "\"\(text)\": classes and patterns of calls are not known; name each call"
        case .unknownSyscall(let name, let hint):
            "this machine has no system call \"\(name)\"\(hint); names are those that strace prints"
        case .syscallGivenTwice(let name): "\(name) is named twice in one rule"
        case .noEffect: "the rule does nothing: give it error=, retval= or delay_enter="
        case .unknownKey(let key, let hint):
            "unknown key \"\(key)\"\(hint); known are error, retval, delay_enter, when"
        case .unsupportedKey(let key):
            "strace's \"\(key)\" cannot be done by seccomp notification; error, retval, delay_enter and when can"
        case .noValue(let key): "\(key) needs a value, as in \(key)=\(SyscallRuleError.Problem.example(of: key))"
        case .givenTwice(let key): "\(key) is given twice in one rule"
        case .errorAndValue: "a call either fails (error=) or returns a value (retval=), not both"
        case .unknownError(let name, let hint): "there is no error \"\(name)\"\(hint)"
        case .errorOutOfRange(let text): "error=\(text): an error number is 1…4095"
        case .badReturnValue(let text):
            "retval=\(text): a whole number, 0…\(Int64.max); for a failing call write error="
        case .badDelay(let text):
            "delay_enter=\(text): a time from 1us to 3600s, such as 5ms; a bare number is microseconds"
        case .badWhen(let text):
            "when=\(text): FIRST[..LAST][+[STEP]] with numbers 1…65535, such as 3, 3+, 3+2 or 3..9"
        case .endBeforeStart(let text): "when=\(text): the last call comes before the first"
        }
    }

    private static func example(of key: String) -> String {
        switch key {
        case "error": "EIO"
        case "retval": "0"
        case "delay_enter": "5ms"
        default: "3+2"
        }
    }
}
