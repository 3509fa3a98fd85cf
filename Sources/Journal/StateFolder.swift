import Glibc
import LinuxSystem
import SystemPackage

/// The folder in which runs leave their journals, 0700, with one lock for the host.
public struct StateFolder: Hashable, Sendable {
    public let path: String

    public init(path: String) {
        self.path = path
    }

    /// Where journals of this host are kept.
    public static let standard = StateFolder(path: "/var/lib/brink")

    public var lockFile: String { "\(path)/lock" }

    /// Creates the folder when it is missing.
    /// - Throws: EPERM for one that somebody else owns or may write to: a journal in it would be obeyed as root.
    public func prepare() throws(SystemError) {
        try SystemFile.makeFolders(path, mode: 0o700)
        var info = stat()
        guard lstat(path, &info) == 0 else { throw SystemError("stat", on: path, Errno(rawValue: errno)) }
        guard info.st_mode & S_IFMT == S_IFDIR, info.st_uid == geteuid(), info.st_mode & 0o022 == 0 else {
            throw SystemError(
                "trust the state folder", on: path, .notPermitted,
                advice: "it must be a folder of your own that nobody else may write to: chmod 700, or choose another")
        }
    }

    /// The folder of a lane, which runs beside others under a lock of its own.
    public func lane(_ number: Int) -> StateFolder { StateFolder(path: "\(path)/lane\(number)") }

    /// The folders of all lanes that ever were.
    public func lanes() throws(SystemError) -> [StateFolder] {
        guard SystemFile.exists(path) else { return [] }
        return try SystemFile.entries(of: path).filter { $0.hasPrefix("lane") }.compactMap { name in
            Int(name.dropFirst(4)).map(lane)
        }
    }

    /// The journal of one run.
    public func journal(of run: String) -> String { "\(path)/\(run).journal" }

    /// Every journal, oldest name first. A file that cannot be read as one is reported, not skipped.
    public func journals() throws(JournalError) -> [Result<Journal, JournalError>] {
        guard SystemFile.exists(path) else { return [] }
        let names: [String]
        do { names = try SystemFile.entries(of: path) } catch { throw .system(error) }
        return names.filter { $0.hasSuffix(".journal") }.map { name in
            do throws(JournalError) {
                return .success(try Journal(path: "\(path)/\(name)"))
            } catch {
                return .failure(error)
            }
        }
    }

    /// Removes the oldest closed journals, so that the folder does not grow for ever.
    public func prune(keeping count: Int = 50) throws(JournalError) {
        var closed: [Journal] = []
        for case .success(let journal) in try journals() where journal.isClosed { closed.append(journal) }
        for journal in closed.dropLast(count) {
            do { try SystemFile.removeTree(journal.path) } catch { throw .system(error) }
        }
    }
}
