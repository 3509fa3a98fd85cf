import CLinux
import Glibc

/// The flags of a file's or folder's inode (ioctl_iflags(2)), as lsattr(1) shows them.
public struct InodeFlags: ~Copyable {
    private let file: OwnedDescriptor
    private let path: String
    private let bits: UInt32

    /// FS_IMMUTABLE_FL.
    private static let immutable: UInt32 = 0x10

    /// - Throws: ELOOP for a symbolic link.
    public init(of path: String) throws(SystemError) {
        let file = try OwnedDescriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        var bits: UInt32 = 0
        try check(cl_inode_flags(file.number, &bits), "read the inode's flags", on: path)
        self.file = file
        self.path = path
        self.bits = bits
    }

    /// Nothing can be written to it, made in it, or removed from it, by files that are open already neither.
    public var isImmutable: Bool { bits & InodeFlags.immutable != 0 }

    public borrowing func setImmutable(_ isImmutable: Bool) throws(SystemError) {
        let wanted = isImmutable ? bits | InodeFlags.immutable : bits & ~InodeFlags.immutable
        if wanted == bits { return }
        try check(cl_set_inode_flags(file.number, wanted), "set the inode's flags", on: path)
    }
}
