import CSeccomp
import Glibc
import LinuxSystem
import SyscallRules
import SystemPackage

/// A seccomp filter that reports some system calls to its listener and allows all others.
struct SyscallFilter {
    /// Classic BPF.
    let program: [UInt8]

    /// - Throws: when libseccomp cannot make it, ENOMEM and the like.
    init(reporting syscalls: [Syscall]) throws(SystemError) {
        guard let context = seccomp_init(SCMP_ACT_ALLOW) else {
            throw SystemError("seccomp_init", on: "this process", .noMemory)
        }
        defer { seccomp_release(context) }
        // Calls in another ABI (32-bit, x32) have other numbers: they are let through, not killed as is the default.
        try SyscallFilter.check(seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW), "seccomp_attr_set")
        for syscall in syscalls {
            try SyscallFilter.check(
                seccomp_rule_add_exact_array(context, SCMP_ACT_NOTIFY, syscall.number, 0, nil),
                "filter \(syscall)")
        }
        // Exported rather than loaded: libseccomp 2.5 cannot ask for WAIT_KILLABLE_RECV.
        let pipe = try OwnedDescriptor.pipe().split()
        let source = OwnedDescriptor(owning: pipe.read)
        let sink = OwnedDescriptor(owning: pipe.write)
        // At most 4096 instructions of 8 bytes, which is what a pipe holds; some tens in practice.
        try SyscallFilter.check(seccomp_export_bpf(context, sink.number), "seccomp_export_bpf")
        try sink.close()
        program = try SystemFile.read("/proc/self/fd/\(source.number)")
        try source.close()
    }

    private static func check(_ outcome: Int32, _ operation: String) throws(SystemError) {
        guard outcome == 0 else { throw SystemError(operation, on: "this process", Errno(rawValue: -outcome)) }
    }
}
