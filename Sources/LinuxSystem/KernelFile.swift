import Glibc
import SystemPackage

/// A kernel file that stays open: each read gives what it holds at that moment, without the cost of finding and opening
/// it again. For what is read many times a second.
public final class KernelFile: Sendable {
    public let path: String
    private let descriptor: OwnedDescriptor

    public init(_ path: String) throws(SystemError) {
        self.path = path
        descriptor = try OwnedDescriptor.open(path, O_RDONLY)
    }

    /// All bytes of the file.
    /// - Throws: ENODEV when the cgroup it belongs to was removed.
    public func read() throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        let failure = withUnsafeTemporaryAllocation(byteCount: 16384, alignment: 16) { chunk -> Errno? in
            while true {
                let count = pread(descriptor.number, chunk.baseAddress, chunk.count, off_t(bytes.count))
                if count < 0 {
                    if Glibc.errno == EINTR { continue }
                    return Errno(rawValue: Glibc.errno)
                }
                if count == 0 { return nil }
                bytes.append(contentsOf: chunk[0..<count])
                // What leaves room in the buffer is the whole of a kernel file.
                if count < chunk.count { return nil }
            }
        }
        if let failure { throw SystemError("read", on: path, failure) }
        return bytes
    }
}
