import CLinux
import Glibc
import SystemPackage

/// A loop device (loop(4)): a file as a block device.
public struct LoopDevice: Hashable, Sendable {
    /// Its special file.
    public let path: String

    /// Puts one on a file.
    public init(attaching file: String) throws(SystemError) {
        let descriptor = try OwnedDescriptor.open(file, O_RDWR | O_NOFOLLOW)
        // Another can be quicker with the one that was free.
        for _ in 0..<20 {
            let number = cl_loop_free()
            guard number >= 0 else {
                throw SystemError(
                    "find a free loop device", on: "/dev/loop-control", Errno(rawValue: -number),
                    advice: "modprobe loop")
            }
            let path = "/dev/loop\(number)"
            let outcome = cl_loop_attach(path, descriptor.number)
            if outcome == -EBUSY { continue }
            try check(outcome, "attach \(file)", on: path)
            try descriptor.close()
            self.path = path
            return
        }
        throw SystemError(
            "attach \(file)", on: "a loop device", .resourceBusy, advice: "others take each free one first")
    }

    private init(path: String) {
        self.path = path
    }

    /// Those that a file is behind, found by its path, without symbolic links: whoever was to note the number down may
    /// have died before.
    public static func attached(to file: String) throws(SystemError) -> [LoopDevice] {
        var found: [LoopDevice] = []
        for name in try SystemFile.entries(of: "/sys/block") where name.hasPrefix("loop") {
            guard let text = try backingFile(of: name) else { continue }
            // The kernel says so of a file that has been unlinked.
            if text == file || text == "\(file) (deleted)" { found.append(LoopDevice(path: "/dev/\(name)")) }
        }
        return found
    }

    private static func backingFile(of name: String) throws(SystemError) -> String? {
        do throws(SystemError) {
            return try SystemFile.readIfPresent("/sys/block/\(name)/loop/backing_file")?.trimmedText
        } catch {
            // It was detached between open and read.
            guard error.errno == .operationNotSupportedByDevice else { throw error }
            return nil
        }
    }

    /// Takes the file away. While the device is open, that happens when it is closed for the last time.
    public func detach() throws(SystemError) {
        let outcome = cl_loop_detach(path)
        // Somebody else's last close was quicker.
        if outcome == -ENXIO { return }
        try check(outcome, "detach its file", on: path)
    }
}
