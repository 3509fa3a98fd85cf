import Foundation
import LinuxSystem

/// What a process has open and how much memory it takes (proc_pid_fd(5), proc_pid_smaps(5)).
public struct ProcessReading: Sendable {
    public private(set) var sockets = 0
    /// Ends of pipes.
    public private(set) var pipes = 0
    /// Everything else that has a descriptor.
    public private(set) var others = 0
    /// Pages that are in memory, in kB: Rss.
    public let residentKilobytes: Int

    /// - Throws: when the process has ended, or is somebody else's.
    public init(of pid: Int32) throws {
        for link in try ProcessReading.links(in: "/proc/\(pid)/fd") {
            if link.hasPrefix("socket:") {
                sockets += 1
            } else if link.hasPrefix("pipe:") {
                pipes += 1
            } else {
                others += 1
            }
        }
        residentKilobytes = try ProcessReading.number("Rss:", in: "/proc/\(pid)/smaps_rollup")
    }

    /// What the kernel has allocated for its objects, sockets among them, on the whole machine (proc_meminfo(5)).
    public static func kernelSlabKilobytes() throws -> Int {
        try number("Slab:", in: "/proc/meminfo")
    }

    private static func number(_ name: String, in path: String) throws -> Int {
        let lines = try SystemFile.readText(path).split(separator: "\n")
        let line = lines.first { $0.hasPrefix(name) }
        guard let number = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw FixtureFailure("no \(name) in \(path)")
        }
        return number
    }

    private static func links(in folder: String) throws(SystemError) -> [String] {
        var links: [String] = []
        for name in try SystemFile.entries(of: folder) {
            do throws(SystemError) {
                links.append(try SystemFile.linkTarget("\(folder)/\(name)"))
            } catch {
                // Closed since: of this process itself, the folder.
                guard error.errno == .noSuchFileOrDirectory else { throw error }
            }
        }
        return links
    }

    public var descriptors: Int { sockets + pipes + others }

    /// Reads again until the process has only so many sockets, for ten seconds at most: closing takes a turn of its loops.
    public static func settled(of pid: Int32, sockets: Int) async throws -> ProcessReading {
        for _ in 0..<100 {
            let reading = try ProcessReading(of: pid)
            if reading.sockets <= sockets { return reading }
            try await Task.sleep(for: .milliseconds(100))
        }
        return try ProcessReading(of: pid)
    }
}
