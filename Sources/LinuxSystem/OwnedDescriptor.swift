import CLinux
import Glibc
import SystemPackage

/// A file descriptor with exactly one owner.
///
/// Release it with ``close()``, which reports what close(2) says; `deinit` is only a net for early exits.
public struct OwnedDescriptor: ~Copyable, Sendable {
    /// The number, valid as long as this value lives.
    public let number: Int32

    /// Takes ownership of an open descriptor.
    public init(owning number: Int32) {
        self.number = number
    }

    deinit {
        _ = Glibc.close(number)
    }

    /// Closes the descriptor. EINTR counts as closed (close(2), Linux notes).
    public consuming func close() throws(SystemError) {
        let number = release()
        guard Glibc.close(number) == 0 || Glibc.errno == EINTR else {
            throw SystemError("close", on: "descriptor \(number)", Errno(rawValue: Glibc.errno))
        }
    }

    /// Gives up ownership without closing.
    public consuming func release() -> Int32 {
        let number = self.number
        discard self
        return number
    }

    /// Opens a file; close-on-exec always.
    public static func open(
        _ path: String, _ flags: Int32, mode: mode_t = 0
    ) throws(SystemError) -> OwnedDescriptor {
        let number = Glibc.open(path, flags | O_CLOEXEC, mode)
        guard number >= 0 else { throw SystemError("open", on: path, Errno(rawValue: Glibc.errno)) }
        return OwnedDescriptor(owning: number)
    }

    /// A pipe, both ends close-on-exec.
    public static func pipe() throws(SystemError) -> Pipe {
        var ends: [Int32] = [-1, -1]
        try check(cl_pipe(&ends), "pipe", on: "this process")
        return Pipe(read: OwnedDescriptor(owning: ends[0]), write: OwnedDescriptor(owning: ends[1]))
    }

    /// Writes all bytes, over as many write(2) calls as it takes.
    public borrowing func write(_ bytes: [UInt8]) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
            if count < 0 {
                if Glibc.errno == EINTR { continue }
                throw SystemError("write", on: "descriptor \(number)", Errno(rawValue: Glibc.errno))
            }
            rest = rest.dropFirst(count)
        }
    }

    /// Reserves blocks and grows the file over them (fallocate(2)).
    public borrowing func allocate(from offset: UInt64, count: UInt64) throws(SystemError) {
        try check(cl_allocate(number, offset, count), "fallocate \(count) bytes", on: "descriptor \(number)")
    }

    /// Makes the file this long; what is new is a hole (ftruncate(2)).
    public borrowing func resize(to count: UInt64) throws(SystemError) {
        guard ftruncate(number, off_t(clamping: count)) == 0 else {
            throw SystemError("resize to \(count) bytes", on: "descriptor \(number)", Errno(rawValue: Glibc.errno))
        }
    }

    /// Flushes data and metadata to the device (fsync(2)).
    public borrowing func synchronize() throws(SystemError) {
        guard fsync(number) == 0 else {
            throw SystemError("fsync", on: "descriptor \(number)", Errno(rawValue: Glibc.errno))
        }
    }
}

/// The two ends of a pipe.
public struct Pipe: ~Copyable, Sendable {
    public var read: OwnedDescriptor
    public var write: OwnedDescriptor

    /// Hands the ends to two owners.
    public consuming func split() -> (read: Int32, write: Int32) {
        (read.release(), write.release())
    }
}
