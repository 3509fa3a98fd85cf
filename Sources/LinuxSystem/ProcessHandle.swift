import CLinux
import Glibc
import SystemPackage

/// A pidfd: a process that can be signalled and awaited without a race on its pid (pidfd_open(2)).
public struct ProcessHandle: ~Copyable, Sendable {
    public let identity: ProcessIdentity
    private let descriptor: OwnedDescriptor

    /// Takes ownership of a pidfd.
    init(identity: ProcessIdentity, owning descriptor: consuming OwnedDescriptor) {
        self.identity = identity
        self.descriptor = descriptor
    }

    /// Opens exactly the process with this identity.
    /// - Throws: ESRCH when it has ended, even if its pid is in use again.
    public init(opening identity: ProcessIdentity, in table: ProcessTable = ProcessTable()) throws(SystemError) {
        let number = try check(cl_pidfd_open(identity.pid), "pidfd_open", on: "\(identity)")
        let descriptor = OwnedDescriptor(owning: number)
        // Checked after opening: from here on the descriptor stays with this very process.
        guard table.isRunning(identity) else {
            throw SystemError("find process", on: "\(identity)", .noSuchProcess, advice: "it has ended")
        }
        self.init(identity: identity, owning: descriptor)
    }

    /// The pidfd, readable as soon as the process has ended.
    public var descriptorNumber: Int32 { descriptor.number }

    /// Sends a signal to this very process.
    public borrowing func send(_ signal: Signal) throws(SystemError) {
        try check(
            cl_pidfd_send_signal(descriptor.number, signal.rawValue), "send \(signal)", on: "\(identity)")
    }

    /// Whether the process has ended, waiting at most the given time. Does not reap.
    public borrowing func hasEnded(within milliseconds: Int32 = 0) -> Bool {
        var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, milliseconds) > 0
    }

    /// Reaps a child; nil while it runs. 128 + signal for a child that a signal ended.
    public borrowing func reap() throws(SystemError) -> Int32? {
        var status: Int32 = 0
        let outcome = try check(cl_pidfd_wait(descriptor.number, 1, &status), "waitid", on: "\(identity)")
        return outcome == 1 ? status : nil
    }

    /// Reaps a process that has ended, when it is a child of this one: a zombie still counts as there for kill(2), and
    /// so for a server that looks whether the owner of its pid file is gone.
    public static func reapChild(_ pid: Int32) {
        _ = cl_reap_child(pid)
    }
}
