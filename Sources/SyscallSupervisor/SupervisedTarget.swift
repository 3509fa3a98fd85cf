import LinuxSystem
import SyscallRules

/// A program under a filter, with all its descendants.
final class SupervisedTarget {
    /// A call that waits for its delay to be over.
    struct HeldCall {
        let id: UInt64
        let answer: SyscallAnswer
        let due: Duration
    }

    let name: String
    let listener: SeccompListener
    var held: [HeldCall] = []
    private let launcher: Newcomer
    private var hasBegunBefore = false

    init(_ name: String, _ listener: consuming SeccompListener, launcher: Newcomer) {
        self.name = name
        self.listener = listener
        self.launcher = launcher
    }

    /// Whether brink-exec has executed the program. Its own calls before are nobody's business.
    ///
    /// Its connection is closed by that execve(2), so this is exact for a call that was received before it is asked.
    var hasBegun: Bool {
        if !hasBegunBefore { hasBegunBefore = launcher.socket.isReadable() }
        return hasBegunBefore
    }

    /// Gives the caller what was decided.
    /// - Returns: false when it has ended.
    func give(_ answer: SyscallAnswer, to id: UInt64) throws(SystemError) -> Bool {
        switch answer.outcome {
        case .proceed: try listener.proceed(id)
        case .fail(let error): try listener.fail(id, with: error.rawValue)
        case .succeed(let value): try listener.succeed(id, returning: value)
        }
    }
}
