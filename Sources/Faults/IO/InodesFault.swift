import Engine
import Glibc
import Journal
import LinuxSystem
import Scenarios

/// Uses up the inodes of a file system with empty files: creating any more fails with ENOSPC while there is room.
public struct InodesFault: FaultKind {
    public static let schema = FaultSchema(
        name: "disk.inodes", summary: "Leaves no inodes, or just a few, in the target's file system.",
        targets: [.cgroup, .process, .postgres],
        parameters: [
            IOPath.parameter,
            ParameterSchema("free", .integer(0...1_000_000_000), default: "0", "How many stay free."),
        ],
        requirements: [
            "a file system of the target's own, not one that the machine needs",
            "one with a fixed number of inodes, such as ext4, and at most five million to use up",
        ],
        verifiedBy: "statvfs shows no more than that many free",
        undoneBy: "removing the folder with the files, and starting a PostgreSQL that went down")

    private let target: ResolvedTarget
    private let path: String
    private let folder: String
    private let free: UInt64

    private static let most: UInt64 = 5_000_000

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        path = try IOPath.find(specification, on: target)
        folder = "\(path)/brink-\(specification.id)-\(getpid()).inodes"
        free = UInt64(specification.parameters.integer("free") ?? 0)
        try IOPath.refuseSystem(path, for: specification.name)
        try IOPath.refuseForeignCluster(target, for: specification.name)
    }

    public func plan() async throws -> [Change] {
        let space = try FileSystemSpace(of: path)
        guard space.inodes > 0 else {
            throw FaultError("disk.inodes: the file system of \(path) makes inodes as needed: there is no end to them")
        }
        guard space.freeInodes > free, space.freeInodes - free <= InodesFault.most else {
            throw FaultError(
                "disk.inodes: \(space.freeInodes) inodes are free in \(path); Brink uses up at most \(InodesFault.most)"
            )
        }
        let inodes = Change(
            subject: folder, prior: "\(space.freeInodes) inodes free", value: "\(free) inodes free",
            undo: .journaled(.removeTree(path: folder))
        ) { [folder, path, free] in
            try await Blocking.run {
                try SystemFile.makeNewFolder(folder, mode: 0o700)
                var number = 0
                while try FileSystemSpace(of: path).freeInodes > free {
                    // Asking is as dear as making, so it is done for a thousand at a time.
                    let batch = min(1000, try FileSystemSpace(of: path).freeInodes - free)
                    for _ in 0..<batch {
                        number += 1
                        try OwnedDescriptor.open("\(folder)/\(number)", O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
                            .close()
                    }
                }
            }
        }
        guard let server = target.postgres else { return [inodes] }
        return [Change.running(server, target, despite: folder), inodes]
    }

    public func observe() async throws -> Observation {
        ["free": Double(try FileSystemSpace(of: path).freeInodes)]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let left = UInt64(now["free"] ?? 0)
        return left <= free ? .seen("\(left) inodes are free in \(path)") : .notYet("\(left) inodes are still free")
    }
}
