import Glibc
import LinuxSystem

/// Two files at the top of a volume that show what outlives a power loss.
struct VolumeMarks: Sendable {
    enum Mark: String, Sendable {
        /// Flushed before the device did anything wrong.
        case before = "brink-flushed"
        /// What is to be lost.
        case lost = "brink-lost"
    }

    /// Which of them are there, whole.
    struct Found: Sendable {
        let before: Bool
        let lost: Bool
    }

    private let volume: MappedVolume
    private static let content = [UInt8](repeating: 0x5a, count: 8192)

    init(on volume: MappedVolume) {
        self.volume = volume
    }

    private func path(_ mark: Mark) -> String { "\(volume.mountPoint)/\(mark.rawValue)" }

    func make(_ mark: Mark, isFlushed: Bool) throws(SystemError) {
        let file = try OwnedDescriptor.open(path(mark), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
        try file.write(VolumeMarks.content)
        if isFlushed { try file.synchronize() }
        try file.close()
        if isFlushed { try SystemFile.synchronizeFolder(of: path(mark)) }
    }

    /// Looks and tidies up.
    func find() throws(SystemError) -> Found {
        let found = Found(
            before: try SystemFile.readIfPresent(path(.before)) == VolumeMarks.content,
            lost: try SystemFile.readIfPresent(path(.lost)) == VolumeMarks.content)
        for mark in [Mark.before, .lost] { try SystemFile.removeTree(path(mark)) }
        return found
    }
}
