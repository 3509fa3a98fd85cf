import Cgroups
import Glibc
import LinuxSystem
import Testing

@testable import Faults

@Suite struct StressorTests {
    private let root = "/tmp/brink-stressors-\(getpid())-\(UInt32.random(in: .min ... .max))"

    /// A fault on "all processes of the target" must not hit what another fault has put beside them.
    @Test func isNoneOfTheTargetsProcesses() throws {
        defer { try? SystemFile.removeTree(root) }
        let target = try CgroupHierarchy(unchecked: root).cgroup("app")
        let stressor = Stressor("squeeze", in: target, arguments: [])
        for (cgroup, pid) in [(target, 11), (target.child("worker"), 12), (stressor.cgroup, 13)] {
            try SystemFile.makeFolders(cgroup.folder)
            try SystemFile.replace(cgroup.file("cgroup.procs"), Array("\(pid)\n".utf8))
        }
        #expect(try Stressor.others(in: target).sorted() == [11, 12])
        #expect(try stressor.processes() == [13])
    }
}
