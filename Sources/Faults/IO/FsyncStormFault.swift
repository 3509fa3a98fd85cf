import Cgroups
import Engine
import Glibc
import Journal
import LinuxSystem
import Scenarios

/// Flushes the device that the target writes to, over and over (fsync(2)).
public struct FsyncStormFault: FaultKind {
    public static let schema = FaultSchema(
        name: "disk.fsync", summary: "Writes and flushes small blocks on the target's device from several threads.",
        targets: [.cgroup],
        parameters: [
            IOPath.parameter,
            ParameterSchema("writers", .integer(1...256), default: "4", "Threads, each with a file of its own."),
            ParameterSchema("block", .bytes, default: "4KiB", "What each writes before it flushes."),
        ],
        requirements: ["a folder on a block device"],
        verifiedBy: "the stressor has written to the device (write_bytes of /proc/PID/io) in each of its files",
        undoneBy: "killing and removing the cgroup it lives in, and removing its folder")

    private let target: ResolvedTarget
    private let stressor: Stressor
    private let folder: String
    private let block: UInt64
    private let writers: Int

    public init(_ specification: FaultSpecification, on target: ResolvedTarget) throws(FaultError) {
        self.target = target
        let path = try IOPath.find(specification, on: target)
        folder = "\(path)/brink-\(specification.id)-\(getpid()).fsync"
        block = specification.parameters.bytes("block") ?? 4096
        writers = specification.parameters.integer("writers") ?? 4
        guard (1...(64 << 20)).contains(block) else {
            throw FaultError("disk.fsync: a block must be of 1 byte to 64 MiB, not \(block)")
        }
        stressor = Stressor(
            specification.id, in: try target.requireCgroup(for: specification.name),
            arguments: ["fsync", "--folder", folder, "--writers", String(writers), "--block", String(block)])
    }

    public func plan() async throws -> [Change] {
        try target.confirmCgroup()
        let home = Change(
            subject: folder, prior: "absent", value: "\(writers) files", undo: .journaled(.removeTree(path: folder))
        ) { [folder] in
            try SystemFile.makeNewFolder(folder, mode: 0o700)
        }
        return [home, try stressor.change(value: "\(writers) writers of \(block) bytes")]
    }

    public func observe() async throws -> Observation {
        guard let pid = try stressor.processes().first else { return [:] }
        let text = try SystemFile.readText("\(target.table.root)/\(pid)/io")
        let line = text.split(separator: "\n").first { $0.hasPrefix("write_bytes: ") }
        return ["written": line.flatMap { Double($0.dropFirst(13)) } ?? 0]
    }

    public func verify(before: Observation, now: Observation) -> Verification {
        let written = now["written"] ?? 0
        let least = Double(writers) * Double(block) * 2
        return written >= least
            ? .seen("\(Int(written)) bytes flushed so far") : .notYet("\(Int(written)) bytes flushed")
    }
}
