import CLinux
import Glibc
import SystemPackage

/// Whole-file operations on kernel files and small state files.
public enum SystemFile {
    /// All bytes of a file. Kernel files have no size, so it reads until end of file.
    public static func read(_ path: String) throws(SystemError) -> [UInt8] {
        let descriptor = try OwnedDescriptor.open(path, O_RDONLY)
        var bytes: [UInt8] = []
        // On the stack and not zeroed: the sampler reads hundreds of small files a second.
        let failure = withUnsafeTemporaryAllocation(byteCount: 16384, alignment: 16) { chunk -> Errno? in
            while true {
                let count = Glibc.read(descriptor.number, chunk.baseAddress, chunk.count)
                if count < 0 {
                    if Glibc.errno == EINTR { continue }
                    return Errno(rawValue: Glibc.errno)
                }
                if count == 0 { return nil }
                bytes.append(contentsOf: chunk[0..<count])
            }
        }
        if let failure { throw SystemError("read", on: path, failure) }
        return bytes
    }

    /// The file as text, without surrounding white space.
    public static func readText(_ path: String) throws(SystemError) -> String {
        try read(path).trimmedText
    }

    /// All bytes of a file that someone else may remove at any moment; nil when it is not there. Asking first whether
    /// it exists would leave a gap.
    public static func readIfPresent(_ path: String) throws(SystemError) -> [UInt8]? {
        do throws(SystemError) {
            return try read(path)
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw error }
            return nil
        }
    }

    /// Hands the bytes to the kernel in one write(2), as knobs need it. The file must exist.
    public static func writeOnce(_ path: String, _ bytes: [UInt8]) throws(SystemError) {
        let outcome = bytes.withUnsafeBytes { cl_write_once(path, $0.baseAddress, $0.count) }
        try check(outcome, "write \"\(bytes.trimmedText)\"", on: path)
    }

    /// Makes a file with these bytes appear all at once: temporary file, fsync, rename, fsync of the folder.
    ///
    /// - Parameter owner: whose it becomes; the caller's when left out.
    public static func replace(
        _ path: String, _ bytes: [UInt8], mode: mode_t = 0o600, owner: SpawnRequest.Owner? = nil
    ) throws(SystemError) {
        let temporary = "\(path).new"
        let file = try OwnedDescriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: mode)
        if let owner { try changeOwner(temporary, to: owner) }
        try file.write(bytes)
        try file.synchronize()
        try file.close()
        try rename(temporary, to: path)
        try synchronizeFolder(of: path)
    }

    /// fsync of the folder that holds a path, which makes its entry durable.
    public static func synchronizeFolder(of path: String) throws(SystemError) {
        let folder = try OwnedDescriptor.open(parent(of: path), O_RDONLY | O_DIRECTORY)
        try folder.synchronize()
        try folder.close()
    }

    /// Whether anything is at the path (not following a final symbolic link).
    public static func exists(_ path: String) -> Bool {
        var info = stat()
        return lstat(path, &info) == 0
    }

    /// Whether a folder surely has no folders in it: each one's `..` is a link to it. Kernel file systems and ext4 count
    /// so; where a file system does not, this is false.
    public static func isLeaf(_ folder: String) -> Bool {
        var info = stat()
        return stat(folder, &info) == 0 && info.st_nlink == 2
    }

    /// Whether it is a folder itself, not a link to one.
    public static func isFolder(_ path: String) throws(SystemError) -> Bool {
        var info = stat()
        guard lstat(path, &info) == 0 else { throw SystemError("lstat", on: path, Errno(rawValue: Glibc.errno)) }
        return info.st_mode & S_IFMT == S_IFDIR
    }

    /// The device of the file system that a file is on (st_dev).
    public static func device(of path: String) throws(SystemError) -> UInt64 {
        var info = stat()
        guard stat(path, &info) == 0 else { throw SystemError("stat", on: path, Errno(rawValue: Glibc.errno)) }
        return UInt64(info.st_dev)
    }

    /// The device that a special file stands for (st_rdev).
    public static func deviceNumber(_ path: String) throws(SystemError) -> UInt64 {
        var info = stat()
        guard stat(path, &info) == 0 else { throw SystemError("stat", on: path, Errno(rawValue: Glibc.errno)) }
        return UInt64(info.st_rdev)
    }

    /// Size of the file or folder; nil when it cannot be looked at.
    public static func size(of path: String) -> Int? {
        var info = stat()
        return stat(path, &info) == 0 ? Int(info.st_size) : nil
    }

    /// What tells one build of a program from another: its size in bytes, and when it was modified, in ns of Unix time.
    public static func version(of path: String) throws(SystemError) -> (size: Int, modified: Int) {
        var info = stat()
        guard stat(path, &info) == 0 else { throw SystemError("stat", on: path, Errno(rawValue: Glibc.errno)) }
        return (Int(info.st_size), info.st_mtim.tv_sec * 1_000_000_000 + info.st_mtim.tv_nsec)
    }

    /// Gives a file or folder another name on its file system (rename(2)).
    public static func rename(_ path: String, to other: String) throws(SystemError) {
        guard Glibc.rename(path, other) == 0 else {
            throw SystemError("rename from \(path)", on: other, Errno(rawValue: Glibc.errno))
        }
    }

    /// Inode number of the file or folder.
    public static func inode(of path: String) throws(SystemError) -> UInt64 {
        var info = stat()
        guard stat(path, &info) == 0 else { throw SystemError("stat", on: path, Errno(rawValue: Glibc.errno)) }
        return UInt64(info.st_ino)
    }

    /// Owner of the file or folder.
    public static func owner(of path: String) throws(SystemError) -> (user: UInt32, group: UInt32) {
        var info = stat()
        guard stat(path, &info) == 0 else { throw SystemError("stat", on: path, Errno(rawValue: Glibc.errno)) }
        return (info.st_uid, info.st_gid)
    }

    /// Number of names in a folder, without `.` and `..`.
    public static func entryCount(of folder: String) throws(SystemError) -> Int {
        guard let stream = opendir(folder) else {
            throw SystemError("open folder", on: folder, Errno(rawValue: Glibc.errno))
        }
        defer { closedir(stream) }
        var count = 0
        while readdir(stream) != nil { count += 1 }
        return max(0, count - 2)
    }

    /// Names in a folder, sorted, without `.` and `..`.
    public static func entries(of folder: String) throws(SystemError) -> [String] {
        guard let stream = opendir(folder) else {
            throw SystemError("open folder", on: folder, Errno(rawValue: Glibc.errno))
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Creates the folder and its parents with the mode; an existing folder is left as it is.
    public static func makeFolders(_ path: String, mode: mode_t = 0o700) throws(SystemError) {
        guard !path.isEmpty, path != "/", !exists(path) else { return }
        try makeFolders(parent(of: path), mode: mode)
        guard mkdir(path, mode) == 0 || Glibc.errno == EEXIST else {
            throw SystemError("create folder", on: path, Errno(rawValue: Glibc.errno))
        }
    }

    /// Creates a folder that must not be there yet: in a folder that others may write to, one that is there is not ours.
    public static func makeNewFolder(_ path: String, mode: mode_t) throws(SystemError) {
        guard mkdir(path, mode) == 0 else {
            throw SystemError("create folder", on: path, Errno(rawValue: Glibc.errno))
        }
    }

    /// Removes a file, or a folder with all in it. What is not there counts as removed. Follows no symbolic link.
    public static func removeTree(_ path: String) throws(SystemError) {
        var info = stat()
        guard lstat(path, &info) == 0 else {
            if Glibc.errno == ENOENT { return }
            throw SystemError("stat", on: path, Errno(rawValue: Glibc.errno))
        }
        let isFolder = info.st_mode & S_IFMT == S_IFDIR
        if isFolder {
            for name in try entries(of: path) { try removeTree("\(path)/\(name)") }
        }
        guard (isFolder ? rmdir(path) : unlink(path)) == 0 || Glibc.errno == ENOENT else {
            throw SystemError("remove", on: path, Errno(rawValue: Glibc.errno))
        }
    }

    /// Free bytes on the file system that holds the path (statvfs(3), blocks free for root).
    public static func freeBytes(at path: String) throws(SystemError) -> UInt64 {
        var bytes: UInt64 = 0
        try check(cl_free_bytes(path, &bytes), "statvfs", on: path)
        return bytes
    }

    /// The path without its last component.
    public static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Appends bytes to an existing file.
    public static func append(_ path: String, _ bytes: [UInt8]) throws(SystemError) {
        let file = try OwnedDescriptor.open(path, O_WRONLY | O_APPEND)
        try file.write(bytes)
        try file.close()
    }

    /// The permission bits of a file (not following a final symbolic link).
    public static func mode(of path: String) throws(SystemError) -> mode_t {
        var info = stat()
        guard lstat(path, &info) == 0 else { throw SystemError("stat", on: path, Errno(rawValue: Glibc.errno)) }
        return info.st_mode & 0o7777
    }

    /// Changes the owner of a file or folder.
    public static func changeOwner(_ path: String, to owner: SpawnRequest.Owner) throws(SystemError) {
        guard lchown(path, owner.user, owner.group) == 0 else {
            throw SystemError("change owner", on: path, Errno(rawValue: Glibc.errno))
        }
    }

    /// The path without symbolic links (realpath(3)).
    public static func resolved(_ path: String) throws(SystemError) -> String {
        guard let pointer = realpath(path, nil) else {
            throw SystemError("resolve", on: path, Errno(rawValue: Glibc.errno))
        }
        defer { free(pointer) }
        return String(cString: pointer)
    }

    /// Makes a symbolic link.
    public static func makeLink(to target: String, at path: String) throws(SystemError) {
        guard symlink(target, path) == 0 else {
            throw SystemError("link to \(target)", on: path, Errno(rawValue: Glibc.errno))
        }
    }

    /// The target of a symbolic link.
    public static func linkTarget(_ path: String) throws(SystemError) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = buffer.withUnsafeMutableBytes { bytes in
            guard let start = bytes.baseAddress else { return -1 }
            return readlink(path, start.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard count >= 0 else { throw SystemError("readlink", on: path, Errno(rawValue: Glibc.errno)) }
        return String(decoding: buffer[0..<count], as: UTF8.self)
    }
}

extension [UInt8] {
    /// The bytes as UTF-8 text without surrounding white space.
    public var trimmedText: String {
        let isSpace = { (byte: UInt8) in byte == 32 || (9...13).contains(byte) }
        var start = startIndex
        var end = endIndex
        while start < end, isSpace(self[start]) { start += 1 }
        while start < end, isSpace(self[end - 1]) { end -= 1 }
        return String(decoding: self[start..<end], as: UTF8.self)
    }
}
