import Glibc
import LinuxSystem
import Synchronization

/// Files and folders that got ext4's immutable flag from Brink.
final class FrozenFiles: Sendable {
    private let frozen = Mutex<[String]>([])

    /// All below a folder. Each folder before what is in it, so that nothing is added meanwhile.
    func freeze(_ folder: String) throws(SystemError) {
        try set(folder)
        for name in try SystemFile.entries(of: folder) {
            let path = "\(folder)/\(name)"
            if try SystemFile.isFolder(path) { try freeze(path) } else { try set(path) }
        }
    }

    private func set(_ path: String) throws(SystemError) {
        do throws(SystemError) {
            let flags = try InodeFlags(of: path)
            guard !flags.isImmutable else { return }
            // Noted first: an undo of what was not done changes nothing.
            frozen.withLock { $0.append(path) }
            try flags.setImmutable(true)
        } catch {
            // A link's own inode has no flags; a file may be removed before its folder is reached.
            guard [.tooManySymbolicLinkLevels, .noSuchFileOrDirectory].contains(error.errno) else { throw error }
        }
    }

    /// Takes the flag from all that got it.
    /// - Returns: from how many.
    func thaw() throws(SystemError) -> Int {
        let paths = frozen.withLock { $0 }
        var failure: SystemError?
        for path in paths where SystemFile.exists(path) {
            do throws(SystemError) { try InodeFlags(of: path).setImmutable(false) } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
        frozen.withLock { $0 = [] }
        return paths.count
    }

    /// What the kernel says to opening a file for writing; 0 when it allows it. Nothing is written.
    static func refusal(of path: String) throws(SystemError) -> Int32 {
        do throws(SystemError) {
            try OwnedDescriptor.open(path, O_WRONLY | O_NOFOLLOW).close()
            return 0
        } catch {
            guard [.notPermitted, .readOnlyFileSystem, .permissionDenied].contains(error.errno) else { throw error }
            return error.errno.rawValue
        }
    }
}
