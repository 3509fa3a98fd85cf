import Engine
import Glibc
import Journal
import LinuxSystem
import Scenarios

/// Fills a file system with one reserved file (fallocate(2)): no data is written, and taking it back is one unlink.
public struct DiskFullFault: FaultKind {
    public static let schema = FaultSchema(
        name: "disk.full",
        summary: "Leaves no room, or just a little, in the target's file system. A PostgreSQL that cannot write WAL "
            + "panics and stays down.",
        targets: [.cgroup, .process, .postgres],
        parameters: [
            IOPath.parameter,
            ParameterSchema(
                "free", .bytes, default: "0B", "What stays free for users; with 0B root has nothing left either."),
        ],
        requirements: ["a file system of the target's own, not one that the machine needs", "fallocate(2) on it"],
        verifiedBy: "statvfs shows no more than that available, but for less than 1 MiB of rounding",
        undoneBy: "removing the file, and starting a PostgreSQL that went down")

    private let target: ResolvedTarget
    private let path: String
    private let file: String
    private let free: UInt64

    private static let slack: UInt64 = 1 << 20

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        path = try IOPath.find(specification, on: target)
        file = "\(path)/brink-\(specification.id)-\(getpid()).full"
        free = specification.parameters.bytes("free") ?? 0
        try IOPath.refuseSystem(path, for: specification.name)
        try IOPath.refuseForeignCluster(target, for: specification.name)
    }

    public func plan() async throws -> [Change] {
        let space = try FileSystemSpace(of: path)
        guard space.availableBytes > free else {
            throw FaultError("disk.full: only \(space.availableBytes) bytes are available in \(path) already")
        }
        let room = Change(
            subject: file, prior: "\(space.availableBytes) bytes free", value: "\(free) bytes free",
            undo: .journaled(.removeTree(path: file))
        ) { [file, path, free] in
            try await Blocking.run { try DiskFullFault.fill(file, in: path, leaving: free) }
        }
        guard let server = target.postgres else { return [room] }
        return [Change.running(server, target, despite: file), room]
    }

    private static func fill(_ path: String, in folder: String, leaving free: UInt64) throws {
        let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        var size: UInt64 = 0
        // The file's own bookkeeping takes room too, and some file systems keep a reserve that statvfs counts as free
        // (ext4's reserved clusters): so it grows in ever smaller steps until what is left is right or nothing more fits.
        var step = try FileSystemSpace(of: folder).freeBytes
        while step >= 4096 {
            if free > 0 {
                let left = try FileSystemSpace(of: folder).availableBytes
                guard left >= free + 4096 else { break }
                step = min(step, left - free)
            }
            do throws(SystemError) {
                try file.allocate(from: size, count: step / 4096 * 4096)
                size += step / 4096 * 4096
            } catch {
                guard error.errno == .noSpace else { throw error }
                step /= 2
            }
        }
        try file.close()
    }

    public func observe() async throws -> Observation {
        ["free": Double(try FileSystemSpace(of: path).availableBytes)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let left = UInt64(now["free"] ?? 0)
        return left < free + DiskFullFault.slack
            ? .seen("\(left) bytes are available in \(path)") : .notYet("\(left) bytes are still available")
    }
}
