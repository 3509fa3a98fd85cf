import CLinux

/// A file system in the tree (proc_pid_mountinfo(5)).
public struct FileSystemMount: Hashable, Sendable {
    /// `major:minor` of the device it is on.
    public let device: String
    /// Where it is, without symbolic links.
    public let folder: String
    /// Whether it can be written to: both the mount and the file system say so.
    public let isWritable: Bool

    /// All that this process sees, in the order in which they were made.
    public static func all() throws(SystemError) -> [FileSystemMount] {
        String(decoding: try SystemFile.read("/proc/self/mountinfo"), as: UTF8.self).split(separator: "\n")
            .compactMap { FileSystemMount(line: $0) }
    }

    init?(line: Substring) {
        let fields = line.split(separator: " ")
        guard fields.count > 6, let dash = fields.firstIndex(of: "-"), fields.count > dash + 3 else { return nil }
        device = String(fields[2])
        folder = FileSystemMount.unescaped(fields[4])
        isWritable = [fields[5], fields[dash + 3]].allSatisfy { $0.split(separator: ",").contains("rw") }
    }

    /// Space, tab, newline and backslash are written as \040 and so on.
    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            guard byte == UInt8(ascii: "\\"), digits.count == 3, let value = UInt8(String(Substring(digits)), radix: 8)
            else {
                bytes.append(byte)
                continue
            }
            bytes.append(value)
            rest = rest.dropFirst(3)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Mounts a block device, without set-user-id programs and device files.
    public static func mount(_ device: String, on folder: String, type: String) throws(SystemError) {
        try check(cl_mount(device, folder, type), "mount \(device) as \(type)", on: folder)
    }

    /// Drops at once whatever an ext4 or XFS has not written, its journal in memory too, as when the power goes. From
    /// then on all that is asked of it fails, until it is unmounted and mounted again (EXT4_IOC_SHUTDOWN with
    /// EXT4_GOING_FLAGS_NOLOGFLUSH, since Linux 4.11).
    public static func shutDown(_ folder: String) throws(SystemError) {
        try check(cl_shut_down_file_system(folder), "drop what is not written", on: folder)
    }

    /// Takes a file system out of the tree.
    /// - Parameter lazily: at once, though it is in use; it is unmounted when nobody uses it any more.
    /// - Throws: EBUSY while it is in use.
    public static func unmount(_ folder: String, lazily: Bool = false) throws(SystemError) {
        try check(cl_unmount(folder, lazily ? 1 : 0), lazily ? "unmount lazily" : "unmount", on: folder)
    }
}
