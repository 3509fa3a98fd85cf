import Cgroups
import Engine
import Faults
import Glibc
import LinuxSystem
import Testing

/// Promise 7 on a made-up /proc and a made-up cgroup tree.
@Suite struct ProtectionTests {
    private let root = "/tmp/brink-protection-\(getpid())-\(UInt32.random(in: .min ... .max))"

    /// pid, name, parent, flags.
    private func make(_ processes: [(Int32, String, Int32, UInt32)]) throws -> Protection {
        try SystemFile.makeFolders("\(root)/proc/sys/kernel/random")
        try SystemFile.replace("\(root)/proc/sys/kernel/random/boot_id", Array("boot\n".utf8))
        for (pid, name, parent, flags) in processes {
            try SystemFile.makeFolders("\(root)/proc/\(pid)")
            let line = "\(pid) (\(name)) S \(parent) 1 1 0 -1 \(flags) 0 0 0 0 1 1 0 0 20 0 1 0 \(100 + pid) 0 0\n"
            try SystemFile.replace("\(root)/proc/\(pid)/stat", Array(line.utf8))
        }
        return Protection(table: ProcessTable(root: "\(root)/proc"), harness: 50, companions: [60])
    }

    private var machine: Protection {
        get throws {
            try make([
                (1, "systemd", 0, 0), (2, "kthreadd", 0, 0x20_0000), (3, "kworker/0:0", 2, 0x20_0000),
                (10, "sshd", 1, 0), (40, "bash", 10, 0), (50, "brink", 40, 0), (60, "brink-guardian", 50, 0),
                (70, "bookshop", 50, 0), (80, "systemd-logind", 1, 0),
            ])
        }
    }

    @Test(
        arguments: [
            (1, "first process"), (2, "kernel thread"), (3, "kernel thread"), (10, "ancestor"), (40, "ancestor"),
            (50, "Brink itself"), (60, "guardian"), (80, "login chain"),
        ] as [(Int32, String)])
    func refusesProcesses(_ pid: Int32, _ reason: String) throws {
        defer { try? SystemFile.removeTree(root) }
        let protection = try machine
        let error = #expect(throws: FaultError.self) { try protection.check(process: pid) }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test func letsOthersBeHit() throws {
        defer { try? SystemFile.removeTree(root) }
        try machine.check(process: 70)
    }

    private func cgroup(_ path: String, _ pids: String) throws -> Cgroup {
        let cgroup = try CgroupHierarchy(unchecked: "\(root)/cgroup").cgroup(path)
        try SystemFile.makeFolders(cgroup.folder)
        try SystemFile.replace(cgroup.file("cgroup.procs"), Array(pids.utf8))
        return cgroup
    }

    @Test(arguments: [
        ("", ""), ("init.scope", "1\n"), ("system.slice", ""), ("user.slice", ""), ("system.slice/sshd.service", ""),
        ("system.slice/systemd-logind.service", "80\n"), ("shop", "70\n50\n"), ("shop", "60\n"), ("shop", "3\n"),
    ])
    func refusesCgroups(_ path: String, _ pids: String) throws {
        defer { try? SystemFile.removeTree(root) }
        let protection = try machine
        let target = try cgroup(path, pids)
        let error = #expect(throws: FaultError.self) { try protection.check(cgroup: target) }
        #expect(error?.description.hasPrefix("refused: ") == true)
    }

    /// The slice is the system's, a unit in it need not be.
    @Test(arguments: ["system.slice/nginx.service", "system.slice/system-web.slice/web@1.service"])
    func letsUnitsBeHit(_ path: String) throws {
        defer { try? SystemFile.removeTree(root) }
        try machine.check(cgroup: try cgroup(path, "70\n"))
    }

    /// A protected process deep below makes the whole cgroup untouchable.
    @Test func refusesWhatContainsAProtectedOne() throws {
        defer { try? SystemFile.removeTree(root) }
        let protection = try machine
        let outer = try cgroup("shop", "70\n")
        try protection.check(cgroup: outer)
        _ = try cgroup("shop/deep", "")
        _ = try cgroup("shop/deep/er", "10\n")
        let error = #expect(throws: FaultError.self) { try protection.check(cgroup: outer) }
        #expect(error?.description.contains("pid 10") == true)
    }
}
