import Glibc
import LinuxSystem
import SyscallRules
import SyscallSupervisor
import SystemPackage

/// Puts a filter on this process, sees to it that the supervisor answers, and becomes the program.
struct ConfinedProgram {
    let options: ExecOptions

    /// Returns only on failure, with the exit code.
    func run() -> Int32 {
        do throws(SystemError) {
            try confine()
            try changeUser()
        } catch {
            StandardError.line("brink-exec: \(options.target): \(error)")
            return 71
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = options.program.map { strdup($0) } + [nil]
        execve(options.program[0], &arguments, environ)
        let failure = Errno(rawValue: errno)
        StandardError.line("brink-exec: \(SystemError("execute", on: options.program[0], failure))")
        // As env(1) and the shells have it.
        return failure == .noSuchFileOrDirectory ? 127 : 126
    }

    /// From the filter on, any of this process's own calls may wait for the supervisor; it finds the listener by itself.
    private func confine() throws(SystemError) {
        var syscalls: [Syscall] = []
        for name in options.syscalls {
            do throws(SyscallRuleError.Problem) {
                syscalls.append(try Syscall(named: name))
            } catch {
                throw SystemError("filter", on: name, .invalidArgument, advice: "\(error)")
            }
        }
        let filter = try SyscallFilter(reporting: syscalls)
        let socket = try RecordSocket.connect(to: options.supervisor)
        try socket.send(options.target)
        try expect(AdoptionProtocol.ready, from: socket)
        let listener = try SeccompListener.install(program: filter.program)
        try expect(AdoptionProtocol.adopted, from: socket)
        // Both are closed by execve(2), which tells the supervisor that the program begins.
        _ = listener.release()
        _ = socket.release()
    }

    private func expect(_ word: String, from socket: borrowing RecordSocket) throws(SystemError) {
        guard try socket.receive() == word else {
            throw SystemError("wait for the guardian", on: "@\(options.supervisor)", .connectionReset)
        }
    }

    private func changeUser() throws(SystemError) {
        guard let user = options.user, let group = options.group else { return }
        guard setgroups(options.groups.count, options.groups) == 0 else { throw failure("setgroups") }
        guard setgid(group) == 0 else { throw failure("setgid") }
        guard setuid(user) == 0 else { throw failure("setuid") }
    }

    private func failure(_ operation: String) -> SystemError {
        SystemError(operation, on: "this process", Errno(rawValue: errno))
    }
}
