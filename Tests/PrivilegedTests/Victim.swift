import Cgroups
import Glibc
import LinuxSystem
import Testing

/// A cgroup with processes of this test's own, to be hit.
final class Victim {
    let cgroup: Cgroup
    /// A shell that waits, with a child of its own.
    let shell: ProcessIdentity
    /// Keeps allocating and freeing a little, so that a memory limit has something to bite on.
    let worker: ProcessIdentity
    /// What `add` started last.
    private(set) var mate: ProcessIdentity?
    /// Whether what its network shows is compared too.
    private var isMateOnNetwork = false

    private static let worker = "my @a; while (1) { @a = map { 'x' x 65536 } 1..200; select undef, undef, undef, 0.01 }"

    init(_ name: String = "brink-test") throws {
        let hierarchy = try CgroupHierarchy(mountedAt: "/sys/fs/cgroup")
        let outer = try hierarchy.cgroup(name)
        cgroup = outer.child("victim")
        try outer.killAndRemove()
        try outer.create()
        try outer.enableControllers(["cpu", "cpuset", "io", "memory", "pids"])
        try cgroup.create()
        let environment = ["PATH": "/usr/bin:/bin"]
        let first = try SpawnRequest(
            "/bin/sh", ["-c", "sleep 100000 & wait"], environment: environment, cgroup: cgroup.folder, newSession: true
        ).start()
        shell = first.identity
        let second = try SpawnRequest(
            "/usr/bin/perl", ["-e", Self.worker], environment: environment, cgroup: cgroup.folder, newSession: true
        ).start()
        worker = second.identity
        while try cgroup.processes().count < 3 || cgroup.readNumber("memory.current") ?? 0 < 10_000_000 {
            MonotonicClock.pause(milliseconds: 5)
        }
    }

    func remove() throws {
        try cgroup.parent?.killAndRemove()
    }

    /// Starts a shell command in the cgroup, and waits until it does what it is there for.
    func add(
        _ script: String, owner: SpawnRequest.Owner? = nil, onNetwork: Bool = false,
        until isReady: (_ pid: Int32) throws -> Bool
    ) throws {
        let handle = try SpawnRequest(
            "/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"], cgroup: cgroup.folder, newSession: true,
            owner: owner
        ).start()
        mate = handle.identity
        isMateOnNetwork = onNetwork
        let end = MonotonicClock.now() + .seconds(30)
        while try !isReady(handle.identity.pid) {
            let hasEnded = handle.hasEnded()
            try #require(!hasEnded && MonotonicClock.now() < end, "\(script)")
            MonotonicClock.pause(milliseconds: 20)
        }
    }

    /// Whether a process has a TCP port to listen on.
    static func isListening(_ pid: Int32) throws -> Bool {
        let sockets = try ProcessTable().sockets(of: pid)
        return try TCPSocketTable(of: pid).entries.contains { $0.state == .listen && sockets.contains($0.inode) }
    }

    /// How the two readings differ, in words.
    static func differences(_ before: [String: [UInt8]], _ after: [String: [UInt8]]) -> [String] {
        Set(before.keys).union(after.keys).filter { before[$0] != after[$0] }.sorted().map { key in
            let texts = [before, after].map { $0[key].map { String(decoding: $0, as: UTF8.self) } ?? "nothing" }
            return "\(key): \(texts[0]) → \(texts[1])"
        }
    }

    /// Every knob that faults can touch, byte for byte, and the limits of every process.
    /// - Parameter absent: knobs that are not there, for want of their controller.
    func snapshot(without absent: Set<String> = []) throws -> [String: [UInt8]] {
        var bytes: [String: [UInt8]] = [:]
        for knob in [
            "memory.high", "memory.max", "memory.low", "memory.min", "memory.swap.max", "memory.zswap.max",
            "memory.oom.group", "cpu.max", "cpu.max.burst", "cpu.weight", "cpu.idle", "cpuset.cpus", "io.max",
            "io.weight", "cgroup.freeze", "cgroup.subtree_control", "pids.max", "cgroup.procs",
        ] where !absent.contains(knob) {
            bytes[knob] = try cgroup.read(knob)
        }
        bytes["root"] = try SystemFile.read("/sys/fs/cgroup/cgroup.subtree_control")
        bytes["children"] = Array(try cgroup.children().map(\.path).joined(separator: ",").utf8)
        for pid in try cgroup.processes() {
            do {
                try bytes.merge(Self.snapshot(of: pid)) { first, _ in first }
            } catch  where !SystemFile.exists("/proc/\(pid)") {
                // A companion's child lives for milliseconds; whoever should have stayed is missed in cgroup.procs.
                continue
            }
        }
        if SystemFile.exists(FaultCase.disk) {
            bytes["disk"] = Array(try SystemFile.entries(of: FaultCase.disk).sorted().joined(separator: ",").utf8)
        }
        // One that forks ends when it cannot any more; those on the network stay.
        if let mate, isMateOnNetwork { try bytes.merge(Self.network(of: mate.pid)) { first, _ in first } }
        bytes["slice"] = [SystemFile.exists("/sys/fs/cgroup/brink.slice") ? 1 : 0]
        return bytes
    }

    /// What a process's network namespace shows: its port settings, and connections to where the process listens.
    private static func network(of pid: Int32) throws -> [String: [UInt8]] {
        let namespace = try NetworkNamespace(of: pid)
        var bytes: [String: [UInt8]] = [:]
        for name in ["ip_local_port_range", "ip_local_reserved_ports"] {
            bytes["network \(name)"] = try namespace.run { () throws(SystemError) in
                try SystemFile.read("/proc/sys/net/ipv4/\(name)")
            }
        }
        bytes["network queues"] = try NetworkTool.tc.run(["qdisc", "show"], in: namespace)
        bytes["network devices"] = try namespace.run { () throws(SystemError) in
            Array(try NetworkDevices.names().joined(separator: " ").utf8)
        }
        bytes["network tables"] = try NetworkTool.nft.run(["list", "tables"], in: namespace)
        let sockets = try ProcessTable().sockets(of: pid)
        let entries = try TCPSocketTable(of: pid).entries
        let ports = Set(entries.filter { $0.state == .listen && sockets.contains($0.inode) }.map(\.localPort))
        let served = entries.filter { ports.contains($0.localPort) && $0.state == .established }
        bytes["network connections"] = Array("\(served.count)".utf8)
        return bytes
    }

    private static func snapshot(of pid: Int32) throws -> [String: [UInt8]] {
        [
            "limits \(pid)": try SystemFile.read("/proc/\(pid)/limits"),
            "score \(pid)": try SystemFile.read("/proc/\(pid)/oom_score_adj"),
            "affinity \(pid)": Array(try ProcessAttribute.affinity.read(pid).utf8),
            "nice \(pid)": Array(try ProcessAttribute.nice.read(pid).utf8),
            "slack \(pid)": Array(try ProcessAttribute.timerSlack.read(pid).utf8),
            "stopped \(pid)": [try ProcessTable().status(of: pid).state == "T" ? 1 : 0],
        ]
    }
}
