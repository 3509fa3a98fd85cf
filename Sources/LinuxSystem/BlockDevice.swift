import Glibc
import SystemPackage

/// A whole block device, by the numbers that the io controller knows it by.
public struct BlockDevice: Hashable, Sendable, CustomStringConvertible {
    public let major: UInt64
    public let minor: UInt64

    public var description: String { "\(major):\(minor)" }

    /// The device that holds a file. Of a partition the whole disk, which is what can be throttled.
    /// - Throws: ENODEV for a file system without one, such as tmpfs or overlay.
    public init(holding path: String) throws(SystemError) {
        let device = try SystemFile.device(of: path)
        var numbers = BlockDevice.numbers(device)
        if !SystemFile.exists("/sys/dev/block/\(numbers.major):\(numbers.minor)") {
            // btrfs and others have an anonymous number of their own; the mount table names what they are on.
            guard let source = try BlockDevice.source(of: numbers) else {
                throw SystemError(
                    "find the block device", on: path, .operationNotSupportedByDevice,
                    advice: "its file system has none: choose a path on a disk, such as PostgreSQL's data directory")
            }
            numbers = BlockDevice.numbers(try SystemFile.deviceNumber(source))
        }
        let folder = "/sys/dev/block/\(numbers.major):\(numbers.minor)"
        if SystemFile.exists("\(folder)/partition") {
            let parts = try SystemFile.readText("\(try SystemFile.resolved(folder))/../dev").split(separator: ":")
            guard parts.count == 2, let major = UInt64(parts[0]), let minor = UInt64(parts[1]) else {
                throw SystemError("read the disk of a partition", on: folder, .invalidArgument)
            }
            numbers = (major, minor)
        }
        major = numbers.major
        minor = numbers.minor
    }

    /// The device that a special file stands for.
    public init(special path: String) throws(SystemError) {
        self.init(number: try SystemFile.deviceNumber(path))
    }

    init(number: UInt64) {
        (major, minor) = BlockDevice.numbers(number)
    }

    /// Whether the device mapper made it.
    public var isMapped: Bool { SystemFile.exists("/sys/dev/block/\(self)/dm") }

    /// Read and written since it is there, by anybody (Documentation/block/stat.rst: fields 3 and 7, of 512 bytes).
    public func bytesMoved() throws(SystemError) -> Double {
        let fields = try SystemFile.readText("/sys/dev/block/\(self)/stat").split { $0 == " " || $0 == "\n" }
        guard fields.count > 6, let read = Double(fields[2]), let written = Double(fields[6]) else {
            throw SystemError("read the statistics of the device", on: "\(self)", .invalidArgument)
        }
        return (read + written) * 512
    }

    /// As makedev(3) packs them.
    private static func numbers(_ device: UInt64) -> (major: UInt64, minor: UInt64) {
        ((device >> 8 & 0xfff) | (device >> 32 & ~0xfff), (device & 0xff) | (device >> 12 & ~0xff))
    }

    /// The source of the mount with these numbers (proc_pid_mountinfo(5)).
    private static func source(of numbers: (major: UInt64, minor: UInt64)) throws(SystemError) -> String? {
        let table = try SystemFile.readText("/proc/self/mountinfo")
        for line in table.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 5, fields[2] == "\(numbers.major):\(numbers.minor)",
                let dash = fields.firstIndex(of: "-"), fields.count > dash + 2, fields[dash + 2].hasPrefix("/dev/")
            else { continue }
            return String(fields[dash + 2])
        }
        return nil
    }
}
