import CLinux
import SystemPackage

/// The supervisor's end of a seccomp filter: reports the calls of all threads under the filter, which wait in them
/// until they are answered (seccomp_unotify(2)).
///
/// When the last duplicate of it is closed, every such call fails with ENOSYS from then on.
public struct SeccompListener: ~Copyable, Sendable {
    /// A call that waits.
    public struct Call: Hashable, Sendable {
        public let id: UInt64
        /// Id of the calling thread.
        public let thread: Int32
        /// Number of the system call.
        public let number: Int32
    }

    private let descriptor: OwnedDescriptor

    public init(owning descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    /// Puts a filter on this process, for good.
    /// - Parameter program: of classic BPF, as libseccomp exports it.
    /// - Throws: EINVAL on a kernel before 5.19, EACCES without CAP_SYS_ADMIN, EBUSY when this process has a filter with
    ///   a listener already.
    public static func install(program: [UInt8]) throws(SystemError) -> SeccompListener {
        let outcome = program.withUnsafeBytes { cl_seccomp_listen($0.baseAddress, $0.count) }
        if outcome < 0 {
            let failure = Errno(rawValue: -outcome)
            let advice: String? =
                switch failure {
                case .invalidArgument: "Linux 5.19 or newer with CONFIG_SECCOMP_FILTER is needed"
                case .resourceBusy: "it is under a seccomp supervisor already, such as a container runtime's"
                case .permissionDenied: "CAP_SYS_ADMIN is needed"
                default: nil
                }
            throw SystemError("seccomp", on: "this process", failure, advice: advice)
        }
        return SeccompListener(owning: OwnedDescriptor(owning: outcome))
    }

    /// Finds the listener that another process holds; nil when it holds none.
    /// - Throws: when the process has ended, or may not be looked into (CAP_SYS_PTRACE, pidfd_getfd(2)).
    public static func duplicate(
        from process: borrowing ProcessHandle, in table: ProcessTable = ProcessTable()
    ) throws(SystemError) -> SeccompListener? {
        let folder = "\(table.root)/\(process.identity.pid)/fd"
        for name in try SystemFile.entries(of: folder) {
            // One that is closed in between is no listener.
            guard let number = Int32(name), let link = try? SystemFile.linkTarget("\(folder)/\(name)"),
                link == "anon_inode:seccomp notify"
            else { continue }
            let duplicate = try check(
                cl_pidfd_getfd(process.descriptorNumber, number), "pidfd_getfd", on: "\(process.identity)")
            // An older kernel wakes whichever CPU it likes, which only takes longer.
            _ = cl_seccomp_wake_in_step(duplicate)
            return SeccompListener(owning: OwnedDescriptor(owning: duplicate))
        }
        return nil
    }

    /// Gives up ownership without closing.
    public consuming func release() -> Int32 {
        descriptor.release()
    }

    /// For poll(2): readable when a call waits, hung up when no thread is left under the filter.
    public var number: Int32 { descriptor.number }

    /// Takes the next call; nil when it is gone again. Blocks unless poll(2) said that there is one.
    public borrowing func receive() throws(SystemError) -> Call? {
        var call = cl_seccomp_call()
        let outcome = cl_seccomp_receive(number, &call)
        if [.noSuchFileOrDirectory, .interrupted].contains(Errno(rawValue: -outcome)) { return nil }
        try check(outcome, "receive a call", on: "seccomp listener \(number)")
        return Call(id: call.id, thread: call.thread, number: call.number)
    }

    /// Lets the call be made as if there were no filter.
    /// - Returns: false when its thread has ended.
    @discardableResult
    public borrowing func proceed(_ id: UInt64) throws(SystemError) -> Bool {
        try wasDelivered(cl_seccomp_continue(number, id))
    }

    /// Makes the call fail without making it.
    /// - Parameter error: 1…4095.
    /// - Returns: false when its thread has ended.
    public borrowing func fail(_ id: UInt64, with error: Int32) throws(SystemError) -> Bool {
        try wasDelivered(cl_seccomp_answer(number, id, 0, error))
    }

    /// Makes the call return a value without making it.
    /// - Returns: false when its thread has ended.
    public borrowing func succeed(_ id: UInt64, returning value: Int64) throws(SystemError) -> Bool {
        try wasDelivered(cl_seccomp_answer(number, id, value, 0))
    }

    private func wasDelivered(_ outcome: Int32) throws(SystemError) -> Bool {
        if Errno(rawValue: -outcome) == .noSuchFileOrDirectory { return false }
        try check(outcome, "answer a call", on: "seccomp listener \(number)")
        return true
    }
}
