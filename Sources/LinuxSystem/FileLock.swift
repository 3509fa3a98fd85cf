import Glibc
import SystemPackage

/// An exclusive flock(2) on a file: one harness at a time on a host. It ends with its holder, however that dies.
public struct FileLock: ~Copyable, Sendable {
    private let descriptor: OwnedDescriptor

    /// The descriptor that holds the lock. A process that inherits it holds the lock too, until it ends (flock(2)).
    public var descriptorNumber: Int32 { descriptor.number }

    /// Takes the lock, waiting at most the given time.
    /// - Throws: EWOULDBLOCK when another process holds it for longer.
    public init(path: String, waitingMilliseconds: Int32 = 0) throws(SystemError) {
        let descriptor = try OwnedDescriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
        var waited: Int32 = 0
        while flock(descriptor.number, LOCK_EX | LOCK_NB) != 0 {
            let failure = Errno(rawValue: Glibc.errno)
            guard failure == .wouldBlock || failure == .interrupted, waited < waitingMilliseconds else {
                throw SystemError(
                    "lock", on: path, failure, advice: "another run of brink is at work on this host: wait for it")
            }
            MonotonicClock.pause(milliseconds: 10)
            waited += 10
        }
        self.descriptor = descriptor
    }

    /// Releases the lock.
    public consuming func unlock() throws(SystemError) {
        try descriptor.close()
    }
}
