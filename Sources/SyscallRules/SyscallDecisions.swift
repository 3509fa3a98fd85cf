/// Decides about each call that the filter of a target reports, by the rules that are on. Knows no kernel.
///
/// Calls are counted as strace(1) does, for every system call and every thread on its own, from the moment the rules go
/// on: with `fsync:error=EIO:when=3` the third fsync of each thread fails. A thread that starts later begins at 1.
/// Within one set of rules the first that fits decides; where several sets are on, the one that went on first.
public struct SyscallDecisions: Sendable {
    private struct Series: Hashable {
        let thread: Int32
        let syscall: Int32
    }

    private struct Active {
        let id: String
        let target: String
        let rules: SyscallRules
        var counts = SyscallCounts()
        /// How many calls each thread has made.
        var made: [Series: UInt64] = [:]
    }

    private var active: [Active] = []
    /// Of rules that went off.
    private var past: [String: SyscallCounts] = [:]

    public init() {}

    /// Whether any rules are on.
    public var isIdle: Bool { active.isEmpty }

    /// Switches rules on for a target. Rules of the same id that were on before are replaced and counted anew.
    public mutating func switchOn(_ rules: SyscallRules, id: String, target: String) {
        switchOff(id)
        past[id] = nil
        active.append(Active(id: id, target: target, rules: rules))
    }

    /// Switches the rules of an id off; that none are on is fine.
    public mutating func switchOff(_ id: String) {
        guard let index = active.firstIndex(where: { $0.id == id }) else { return }
        past[id] = active.remove(at: index).counts
    }

    public mutating func switchAllOff() {
        for id in active.map(\.id) { switchOff(id) }
    }

    /// Counts a call and says what to do with it.
    /// - Parameters:
    ///   - number: of the system call.
    ///   - thread: id of the calling thread.
    public mutating func decide(target: String, number: Int32, thread: Int32) -> SyscallAnswer {
        var answer = SyscallAnswer.proceed
        for index in active.indices where active[index].target == target {
            let rules = active[index].rules.rules.filter { rule in rule.syscalls.contains { $0.number == number } }
            if rules.isEmpty { continue }
            active[index].counts.seen += 1
            let invocation = active[index].made[Series(thread: thread, syscall: number), default: 0] + 1
            active[index].made[Series(thread: thread, syscall: number)] = invocation
            guard answer.source == nil, let rule = rules.first(where: { $0.invocations.contains(invocation) }) else {
                continue
            }
            active[index].counts.injected += 1
            answer = SyscallAnswer(outcome: rule.outcome, delay: rule.delay, source: active[index].id)
        }
        return answer
    }

    /// Takes back that an answer was given: the caller ended before it got it.
    public mutating func withdraw(_ answer: SyscallAnswer) {
        guard let source = answer.source else { return }
        if let index = active.firstIndex(where: { $0.id == source }) { active[index].counts.injected -= 1 }
        past[source]?.injected -= 1
    }

    /// The counts of rules that are or were on; nil for an id that never was.
    public func counts(of id: String) -> SyscallCounts? {
        active.first { $0.id == id }?.counts ?? past[id]
    }

    /// Threads that have made a counted call.
    public var threads: Set<Int32> { Set(active.flatMap { $0.made.keys.map(\.thread) }) }

    /// Forgets threads that have ended: a later one with the same id begins at 1.
    public mutating func forget(_ ended: Set<Int32>) {
        for index in active.indices {
            active[index].made = active[index].made.filter { !ended.contains($0.key.thread) }
        }
    }
}
