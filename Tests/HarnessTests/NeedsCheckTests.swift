import Glibc
@testable import Harness
import LinuxSystem
@testable import Scenarios
import Testing

/// On a tree of files as a machine has them.
@Suite struct NeedsCheckTests {
    private static let files = [
        "proc/sys/kernel/osrelease": "6.1.0-9-amd64\n",
        "sys/module/dm_mod/refcnt": "0\n",
        "lib/modules/6.1.0-9-amd64/modules.dep":
            "kernel/drivers/md/dm-delay.ko.xz: kernel/drivers/md/dm-mod.ko.xz\nkernel/net/sched/sch_netem.ko:\n",
        "lib/modules/6.1.0-9-amd64/modules.builtin": "kernel/drivers/block/loop.ko\n",
        "cgroup/cgroup.controllers": "cpu memory pids\n",
        "usr/share/postgresql/15/extension/amcheck.control": "",
        "usr/sbin/pgbouncer": "",
    ]

    private func withTree(_ body: (NeedsCheck) throws -> Void) throws {
        let root = "/tmp/brink-needs-\(getpid())-\(UInt32.random(in: .min ... .max))"
        defer { try? SystemFile.removeTree(root) }
        for (name, text) in Self.files {
            try SystemFile.makeFolders(SystemFile.parent(of: "\(root)/\(name)"))
            try SystemFile.replace("\(root)/\(name)", Array(text.utf8))
        }
        try body(NeedsCheck(cgroupRoot: "\(root)/cgroup", root: root))
    }

    @Test(arguments: [
        (ScenarioAbout.Need.Kind.controller, "memory"), (.module, "dm_mod"), (.module, "dm-mod"), (.module, "dm_delay"),
        (.module, "loop"), (.module, "sch_netem"), (.extension, "amcheck"), (.program, "pgbouncer"),
    ])
    func whatIsThere(_ kind: ScenarioAbout.Need.Kind, _ name: String) throws {
        try withTree { #expect($0.lack(of: [ScenarioAbout.Need(kind: kind, name: name)]) == nil) }
    }

    @Test(arguments: [
        (ScenarioAbout.Need.Kind.controller, "io"), (.module, "dm_flakey"), (.module, "delay"),
        (.extension, "pg_prewarm"), (.program, "redis-server"),
    ])
    func whatIsNot(_ kind: ScenarioAbout.Need.Kind, _ name: String) throws {
        try withTree { check in
            let need = ScenarioAbout.Need(kind: kind, name: name)
            let lack = check.lack(of: [ScenarioAbout.Need(kind: .module, name: "loop"), need])
            #expect(lack?.hasPrefix("needs \(need), which this machine has not: ") == true, "\(lack ?? "nothing")")
        }
    }
}
