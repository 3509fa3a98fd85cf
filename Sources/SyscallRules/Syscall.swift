import CSeccomp
import Glibc
import Spelling

/// A system call as this machine's architecture numbers it, by the kernel's name, which strace(1) prints: glibc's
/// `stat` is `newfstatat`, its `open` is `openat`.
public struct Syscall: Hashable, Sendable, CustomStringConvertible {
    public let name: String
    public let number: Int32

    /// - Throws: when this architecture has no call of that name, or libseccomp is too old to know it.
    public init(named name: String) throws(SyscallRuleError.Problem) {
        // What is in the table has a number; the library also knows names that only other architectures have.
        guard let number = Syscall.numbers[name] else {
            throw .unknownSyscall(name, hint: Spelling.suggestion(for: name, among: Syscall.numbers.keys))
        }
        self.name = name
        self.number = number
    }

    public var description: String { name }

    /// Every call that libseccomp knows on this architecture. All numbers are below 1024 so far (syscalls(2)).
    static let numbers: [String: Int32] = {
        var numbers: [String: Int32] = [:]
        for number in Int32(0)..<1024 {
            guard let name = seccomp_syscall_resolve_num_arch(UInt32(SCMP_ARCH_NATIVE), number) else { continue }
            numbers[String(cString: name)] = number
            free(name)
        }
        return numbers
    }()
}
