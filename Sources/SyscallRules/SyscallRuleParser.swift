import Spelling

/// Reads rules in strace's form and says where one is wrong.
struct SyscallRuleParser {
    private static let keys = ["error", "retval", "delay_enter", "when"]
    /// What strace can do besides, by ptrace(2).
    private static let othersKeys = ["signal", "syscall", "delay_exit", "poke_enter", "poke_exit"]

    static func parse(_ text: String) throws(SyscallRuleError) -> [SyscallRule] {
        var rules: [SyscallRule] = []
        for part in pieces(of: text[...], separatedBy: ";", in: text) { rules.append(try rule(part)) }
        return rules
    }

    /// A part of the text without blanks around it, and where it begins.
    private struct Piece {
        let text: String
        let offset: Int

        var isEmpty: Bool { text.isEmpty }
    }

    private static func pieces(of part: Substring, separatedBy separator: Character, in whole: String) -> [Piece] {
        part.split(separator: separator, omittingEmptySubsequences: false).map { piece in
            let start = piece.firstIndex { !$0.isWhitespace } ?? piece.endIndex
            let end = piece.lastIndex { !$0.isWhitespace }.map { piece.index(after: $0) } ?? piece.endIndex
            return Piece(
                text: String(piece[start..<end]), offset: whole.distance(from: whole.startIndex, to: start))
        }
    }

    private static func pieces(of piece: Piece, separatedBy separator: Character) -> [Piece] {
        pieces(of: piece.text[...], separatedBy: separator, in: piece.text).map {
            Piece(text: $0.text, offset: piece.offset + $0.offset)
        }
    }

    /// Adds the place to what a value's own parser finds.
    private static func at<Value>(
        _ offset: Int, _ body: () throws(SyscallRuleError.Problem) -> Value
    ) throws(SyscallRuleError) -> Value {
        do throws(SyscallRuleError.Problem) {
            return try body()
        } catch {
            throw SyscallRuleError(error, at: offset)
        }
    }

    private static func rule(_ piece: Piece) throws(SyscallRuleError) -> SyscallRule {
        guard !piece.isEmpty else { throw SyscallRuleError(.noRule, at: piece.offset) }
        let parts = pieces(of: piece, separatedBy: ":")
        let syscalls = try syscalls(parts[0])
        var outcome = SyscallRule.Outcome.proceed
        var delay = Duration.zero
        var invocations = Invocations.all
        var seen: Set<String> = []
        for part in parts.dropFirst() {
            let (key, value) = try assignment(part)
            guard seen.insert(key).inserted else { throw SyscallRuleError(.givenTwice(key), at: part.offset) }
            if seen.isSuperset(of: ["error", "retval"]) { throw SyscallRuleError(.errorAndValue, at: part.offset) }
            switch key {
            case "error":
                outcome = try at(value.offset) { () throws(SyscallRuleError.Problem) in
                    .fail(try ErrorNumber(value.text))
                }
            case "retval":
                guard let number = Int64(value.text), number >= 0 else {
                    throw SyscallRuleError(.badReturnValue(value.text), at: value.offset)
                }
                outcome = .succeed(returning: number)
            case "delay_enter":
                guard let time = time(value.text) else {
                    throw SyscallRuleError(.badDelay(value.text), at: value.offset)
                }
                delay = time
            default:
                invocations = try at(value.offset) { () throws(SyscallRuleError.Problem) in
                    try Invocations(value.text)
                }
            }
        }
        guard outcome != .proceed || delay > .zero else { throw SyscallRuleError(.noEffect, at: piece.offset) }
        return SyscallRule(syscalls: syscalls, outcome: outcome, delay: delay, invocations: invocations)
    }

    private static func syscalls(_ piece: Piece) throws(SyscallRuleError) -> [Syscall] {
        var found: [Syscall] = []
        for name in pieces(of: piece, separatedBy: ",") {
            guard !name.isEmpty else { throw SyscallRuleError(.noSyscall, at: name.offset) }
            guard let first = name.text.first, !"%/!".contains(first) else {
                throw SyscallRuleError(.setOfSyscalls(name.text), at: name.offset)
            }
            let syscall = try at(name.offset) { () throws(SyscallRuleError.Problem) in try Syscall(named: name.text) }
            guard !found.contains(syscall) else {
                throw SyscallRuleError(.syscallGivenTwice(name.text), at: name.offset)
            }
            found.append(syscall)
        }
        return found
    }

    private static func assignment(_ piece: Piece) throws(SyscallRuleError) -> (key: String, value: Piece) {
        let sides = pieces(of: piece, separatedBy: "=")
        let key = sides[0].text
        guard keys.contains(key) else {
            if othersKeys.contains(key) { throw SyscallRuleError(.unsupportedKey(key), at: piece.offset) }
            let hint = Spelling.suggestion(for: key, among: keys)
            throw SyscallRuleError(.unknownKey(key, hint: hint), at: piece.offset)
        }
        guard sides.count == 2, !sides[1].isEmpty else { throw SyscallRuleError(.noValue(key), at: piece.offset) }
        return (key, sides[1])
    }

    /// Microseconds, or a number with s, ms, us or ns after it, as strace takes it. 1 µs…1 h.
    private static func time(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), number <= 3_600_000_000_000 else { return nil }
        let time: Duration
        switch text.dropFirst(digits.count) {
        case "", "us": time = .microseconds(number)
        case "ns": time = .nanoseconds(number)
        case "ms": time = .milliseconds(number)
        case "s": time = .seconds(number)
        default: return nil
        }
        return (.microseconds(1)...(.seconds(3600))).contains(time) ? time : nil
    }
}
