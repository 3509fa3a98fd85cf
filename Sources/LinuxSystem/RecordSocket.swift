import CLinux
import Glibc
import SystemPackage

/// A Unix socket that keeps records apart (SOCK_SEQPACKET, unix(7)), close-on-exec.
///
/// Names are abstract: they are in no file system, and nothing is left of them when the socket is closed.
public struct RecordSocket: ~Copyable, Sendable {
    /// Longest record, in bytes.
    public static let capacity = 8192

    private let descriptor: OwnedDescriptor

    public init(owning descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    /// Waits under a name for others to connect. Does not block in ``accept()``.
    /// - Parameter name: 1…106 bytes.
    public static func listen(on name: String) throws(SystemError) -> RecordSocket {
        RecordSocket(owning: OwnedDescriptor(owning: try check(cl_unix_listen(name), "listen", on: "@\(name)")))
    }

    /// - Throws: ECONNREFUSED when nobody listens under the name.
    public static func connect(to name: String) throws(SystemError) -> RecordSocket {
        RecordSocket(owning: OwnedDescriptor(owning: try check(cl_unix_connect(name), "connect", on: "@\(name)")))
    }

    /// Two sockets that are connected to each other, as numbers that have no owner yet.
    public static func pair() throws(SystemError) -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        try check(cl_unix_pair(&ends), "socketpair", on: "this process")
        return (ends[0], ends[1])
    }

    /// Closes the socket; see `OwnedDescriptor.close`.
    public consuming func close() throws(SystemError) {
        try descriptor.close()
    }

    /// Gives up ownership without closing.
    public consuming func release() -> Int32 {
        descriptor.release()
    }

    /// Valid as long as this value lives.
    public var number: Int32 { descriptor.number }

    /// The next that has connected; nil when none waits.
    public borrowing func accept() throws(SystemError) -> RecordSocket? {
        let outcome = cl_unix_accept(number)
        if [.wouldBlock, .connectionAbort].contains(Errno(rawValue: -outcome)) { return nil }
        return RecordSocket(owning: OwnedDescriptor(owning: try check(outcome, "accept", on: "descriptor \(number)")))
    }

    /// Who is at the other end, as it was when it connected (SO_PEERCRED).
    public borrowing func peer() throws(SystemError) -> (pid: Int32, user: UInt32) {
        var pid: Int32 = 0
        var user: UInt32 = 0
        try check(cl_unix_peer(number, &pid, &user), "SO_PEERCRED", on: "descriptor \(number)")
        return (pid, user)
    }

    /// Sends one record.
    /// - Throws: EPIPE when the other end is closed.
    public borrowing func send(_ text: String) throws(SystemError) {
        let bytes = Array(text.utf8)
        try check(
            bytes.withUnsafeBytes { cl_unix_send(number, $0.baseAddress, $0.count) }, "send",
            on: "descriptor \(number)")
    }

    /// Waits for one record; nil when the other end is closed. There are no empty records.
    public borrowing func receive() throws(SystemError) -> String? {
        var bytes = [UInt8](repeating: 0, count: RecordSocket.capacity)
        let outcome = bytes.withUnsafeMutableBytes { cl_unix_receive(number, $0.baseAddress, $0.count) }
        if outcome == 0 || Errno(rawValue: -outcome) == .connectionReset { return nil }
        let count = Int(try check(outcome, "receive", on: "descriptor \(number)"))
        guard count <= bytes.count else {
            throw SystemError("receive \(count) bytes", on: "descriptor \(number)", .messageTooLong)
        }
        return String(decoding: bytes[0..<count], as: UTF8.self)
    }

    /// Whether something can be received, the other end's close included; waits at most the given time.
    public borrowing func isReadable(within milliseconds: Int32 = 0) -> Bool {
        var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, milliseconds) > 0
    }
}
