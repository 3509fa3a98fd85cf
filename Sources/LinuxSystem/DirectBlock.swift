import CLinux

/// One block of a block device, read and written past the page cache: what the device does shows at once.
public struct DirectBlock: Hashable, Sendable {
    public static let size = 4096

    private let path: String
    private let offset: UInt64

    /// - Parameter offset: a multiple of the size.
    public init(of path: String, at offset: UInt64) {
        self.path = path
        self.offset = offset
    }

    /// - Throws: EIO when the device says so.
    public func read() throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: DirectBlock.size)
        try check(cl_direct_read(path, offset, &bytes, bytes.count), "read past the page cache at \(offset)", on: path)
        return bytes
    }

    /// - Parameter bytes: as many as the size.
    /// - Throws: EIO when the device says so.
    public func write(_ bytes: [UInt8]) throws(SystemError) {
        guard bytes.count == DirectBlock.size else {
            throw SystemError("write \(bytes.count) bytes past the page cache", on: path, .invalidArgument)
        }
        try check(
            cl_direct_write(path, offset, bytes, bytes.count), "write past the page cache at \(offset)", on: path)
    }
}
