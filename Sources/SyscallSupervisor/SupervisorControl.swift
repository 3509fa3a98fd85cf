import LinuxSystem
import Synchronization
import SyscallRules

/// The harness's line to the supervisor. When it is closed, by the harness's death too, all rules go off.
public final class SupervisorControl: Sendable {
    private let socket: Mutex<RecordSocket?>

    public init(_ socket: consuming RecordSocket) {
        self.socket = Mutex(consume socket)
    }

    /// Whether a program of that name was started under a filter and has not ended.
    public func isAdopted(_ target: String) throws(SystemError) -> Bool {
        switch try ask(.isAdopted(target: target)) {
        case .done: true
        default: false
        }
    }

    /// Switches rules on.
    /// - Parameter id: names them later; without spaces, as the target's name.
    /// - Throws: ESRCH when nothing under a filter has that name, EMSGSIZE for rules of more than some 8000 characters.
    public func switchOn(_ rules: SyscallRules, id: String, target: String) throws(SystemError) {
        let request = SupervisorRequest.switchOn(id: id, target: target, rules: rules)
        guard request.text.utf8.count <= RecordSocket.capacity else {
            throw SystemError("syscall rules", on: target, .messageTooLong, advice: "fewer rules, or several faults")
        }
        try expectDone(request, on: target)
    }

    /// Switches the rules of an id off; calls that they hold go on at once.
    public func switchOff(_ id: String) throws(SystemError) {
        try expectDone(.switchOff(id: id), on: id)
    }

    /// What the rules of an id have seen and done; nothing when they were never on.
    public func counts(of id: String) throws(SystemError) -> SyscallCounts {
        if case .counts(let counts) = try ask(.counts(id: id)) { return counts }
        return SyscallCounts()
    }

    /// Ends the line, and with it all rules.
    public func close() {
        socket.withLock { $0 = nil }
    }

    private func expectDone(_ request: SupervisorRequest, on subject: String) throws(SystemError) {
        switch try ask(request) {
        case .done: return
        case .refused(let reason): throw SystemError("syscall rules", on: subject, .noSuchProcess, advice: reason)
        case .counts: throw SystemError("syscall rules", on: subject, .ioError, advice: "unexpected answer")
        }
    }

    private func ask(_ request: SupervisorRequest) throws(SystemError) -> SupervisorReply {
        let outcome = socket.withLock { socket -> Result<SupervisorReply, SystemError> in
            do throws(SystemError) {
                return .success(try SupervisorControl.ask(request, over: &socket))
            } catch {
                // Whatever went wrong, requests and answers no longer match: without a line the rules are off.
                socket = nil
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    private static func ask(
        _ request: SupervisorRequest, over socket: inout RecordSocket?
    ) throws(SystemError) -> SupervisorReply {
        guard let line = socket.take() else { throw gone }
        try line.send(request.text)
        guard line.isReadable(within: 5000) else {
            throw SystemError("ask", on: "the guardian", .timedOut, advice: "it does not answer; the rules are off")
        }
        guard let text = try line.receive(), let reply = SupervisorReply(text) else { throw gone }
        socket = consume line
        return reply
    }

    private static var gone: SystemError {
        SystemError("ask", on: "the guardian", .brokenPipe, advice: "it is gone, and its syscall rules with it")
    }
}
