import Cgroups
import Engine
import Glibc
import LinuxSystem

/// A process of brink-stressor that presses on a target from within.
///
/// It lives in a child cgroup without controllers: what it uses is charged to the target, and it can be killed and
/// removed by its cgroup's name alone.
public struct Stressor: Sendable {
    /// The program, and the beginning of its cgroups' names, which tells them from those of the target.
    public static let program = "brink-stressor"

    let cgroup: Cgroup
    private let arguments: [String]

    /// - Parameters:
    ///   - id: the fault's, unique in its run.
    ///   - arguments: of brink-stressor.
    init(_ id: String, in target: Cgroup, arguments: [String]) {
        cgroup = target.child("\(Stressor.program)-\(id)-\(getpid())")
        self.arguments = arguments
    }

    /// The change that starts it.
    /// - Parameter value: what it does, in words.
    /// - Throws: when brink-stressor is not installed.
    func change(value: String) throws(FaultError) -> Change {
        let program = try ProgramFolder.path(of: Stressor.program)
        return Change(
            subject: cgroup.folder, prior: "absent", value: value,
            undo: .journaled(.removeCgroup(folder: cgroup.folder))
        ) { [cgroup, arguments] in
            try await Blocking.run {
                try Stressor.waitForThaw(of: cgroup)
                try cgroup.create()
                _ = try SpawnRequest(program, arguments, cgroup: cgroup.folder, newSession: true).start()
            }
        }
    }

    /// A process born in a frozen cgroup stands still before it can begin, and whoever starts it waits with it. A target
    /// that stutters is thawed soon.
    private static func waitForThaw(of cgroup: Cgroup) throws {
        let end = MonotonicClock.now() + .seconds(2)
        while let target = cgroup.parent, try target.readCounters("cgroup.events")["frozen"] == 1 {
            guard MonotonicClock.now() < end else {
                throw FaultError("\(cgroup): its target is frozen, so nothing could run in it; let it thaw first")
            }
            MonotonicClock.pause(milliseconds: 1)
        }
    }

    /// Its processes; none before it starts and after it ended.
    func processes() throws(SystemError) -> [Int32] {
        cgroup.exists ? try cgroup.processes() : []
    }

    /// Time since it was started; nil before that and after it ended.
    func age() throws -> Duration? {
        try processes().first.flatMap { try? ProcessTable().age(of: $0) }
    }

    /// How long it was ready to run and had no CPU; nothing where the kernel does not tell.
    func waitForCPU() -> Duration {
        let waits = (try? processes())?.compactMap { try? ProcessTable().waitForCPU(of: $0) }
        return waits?.reduce(.zero, +) ?? .zero
    }

    /// The processes in a cgroup and below that are no stressors.
    static func others(in cgroup: Cgroup) throws(SystemError) -> [Int32] {
        var pids = try cgroup.processes()
        for child in try cgroup.children() where !(child.path.split(separator: "/").last ?? "").hasPrefix("\(program)-")
        {
            pids += try others(in: child)
        }
        return pids
    }
}
