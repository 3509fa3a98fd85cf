import Glibc
import SystemPackage

/// The kernel's log from the moment of opening on (Documentation/ABI/testing/dev-kmsg).
public struct KernelLog: ~Copyable, Sendable {
    private let descriptor: OwnedDescriptor

    /// - Throws: EPERM where kernel.dmesg_restrict is set and CAP_SYSLOG is missing; ENOENT in many containers.
    public init(path: String = "/dev/kmsg") throws(SystemError) {
        let opened = try OwnedDescriptor.open(path, O_RDONLY | O_NONBLOCK)
        guard lseek(opened.number, 0, SEEK_END) >= 0 else {
            throw SystemError("seek to the end", on: path, Errno(rawValue: Glibc.errno))
        }
        descriptor = opened
    }

    /// The messages that have come since the last call, oldest first. Does not wait.
    public borrowing func newMessages() throws(SystemError) -> [String] {
        var messages: [String] = []
        var record = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = Glibc.read(descriptor.number, &record, record.count)
            if count > 0 {
                if let message = KernelLog.message(in: record[0..<count]) { messages.append(message) }
                continue
            }
            switch Glibc.errno {
            // The oldest ones were overwritten before they were read; the next read goes on with what is there.
            case EPIPE, EINTR: continue
            default:
                if count == 0 || Glibc.errno == EAGAIN { return messages }
                throw SystemError("read", on: "/dev/kmsg", Errno(rawValue: Glibc.errno))
            }
        }
    }

    /// `6,339,5140900,-;the message`, then lines of tags that begin with a space.
    static func message(in record: ArraySlice<UInt8>) -> String? {
        guard let semicolon = record.firstIndex(of: UInt8(ascii: ";")) else { return nil }
        let rest = record[(semicolon + 1)...]
        return String(decoding: rest.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
