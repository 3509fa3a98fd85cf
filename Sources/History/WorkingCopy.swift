import LinuxSystem

/// The commit that is checked out in a folder, read from git's own files: no program is run, nothing is changed.
public struct WorkingCopy: Hashable, Sendable {
    /// 40 or 64 hexadecimal digits.
    public let commit: String
    /// Nil when no branch is checked out.
    public let branch: String?

    /// Looks from a folder upward. Nil where there is no working copy, or none with a commit.
    public init?(around folder: String) {
        guard let git = WorkingCopy.gitFolder(around: folder), let head = WorkingCopy.line(of: "\(git)/HEAD") else {
            return nil
        }
        guard head.hasPrefix("ref: ") else {
            guard WorkingCopy.isCommit(head) else { return nil }
            (commit, branch) = (head, nil)
            return
        }
        let reference = head.dropFirst(5)
        // It becomes a path: nothing but a name below refs.
        guard reference.hasPrefix("refs/"), !reference.split(separator: "/").contains("..") else { return nil }
        // A linked working copy has its own HEAD; branches are with the first one.
        let common = WorkingCopy.line(of: "\(git)/commondir").map { WorkingCopy.path($0, from: git) } ?? git
        let found =
            [git, common].compactMap { WorkingCopy.line(of: "\($0)/\(reference)") }.first
            ?? WorkingCopy.packed(String(reference), in: common)
        guard let found, WorkingCopy.isCommit(found) else { return nil }
        commit = found
        branch = reference.hasPrefix("refs/heads/") ? String(reference.dropFirst(11)) : String(reference)
    }

    private static func gitFolder(around folder: String) -> String? {
        var folder = folder
        while folder.hasPrefix("/") {
            let git = "\(folder == "/" ? "" : folder)/.git"
            if SystemFile.exists("\(git)/HEAD") { return git }
            // A file that says where it is: a submodule or a linked working copy.
            if let line = line(of: git), line.hasPrefix("gitdir: ") {
                return path(String(line.dropFirst(8)), from: folder)
            }
            if folder == "/" { return nil }
            folder = SystemFile.parent(of: folder)
        }
        return nil
    }

    private static func packed(_ reference: String, in git: String) -> String? {
        for line in text(of: "\(git)/packed-refs")?.split(separator: "\n") ?? [] where line.hasSuffix(" \(reference)") {
            return line.split(separator: " ").first.map(String.init)
        }
        return nil
    }

    private static func path(_ path: String, from folder: String) -> String {
        path.hasPrefix("/") ? path : "\(folder)/\(path)"
    }

    private static func line(of path: String) -> String? {
        text(of: path)?.split(separator: "\n").first.map(String.init)
    }

    /// Not being there, or being a folder, is an answer here.
    private static func text(of path: String) -> String? {
        do throws(SystemError) {
            return String(decoding: try SystemFile.read(path), as: UTF8.self)
        } catch {
            return nil
        }
    }

    private static func isCommit(_ text: String) -> Bool {
        [40, 64].contains(text.utf8.count) && text.allSatisfy { $0.isHexDigit && !$0.isUppercase }
    }
}
