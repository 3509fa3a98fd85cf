import CLinux

/// Room in the file system behind a path (statvfs(3)).
public struct FileSystemSpace: Hashable, Sendable {
    public let bytes: UInt64
    public let freeBytes: UInt64
    /// Free for users other than root.
    public let availableBytes: UInt64
    /// 0 where inodes are made as needed.
    public let inodes: UInt64
    public let freeInodes: UInt64

    public init(of path: String) throws(SystemError) {
        var info = cl_space()
        try check(cl_file_system_space(path, &info), "statvfs", on: path)
        bytes = info.bytes
        freeBytes = info.free_bytes
        availableBytes = info.available_bytes
        inodes = info.inodes
        freeInodes = info.free_inodes
    }
}
