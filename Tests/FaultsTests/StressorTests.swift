import Cgroups
import Engine
import Glibc
import LinuxSystem
import Scenarios
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

    /// On busy CPUs a burner gets less than it asks for. It must have asked, and must have had some of it.
    @Test(arguments: [
        (used: 1.2, waited: 0.0, isSeen: true), (0.8, 0.0, false), (0.8, 0.4, true), (0.8, 0.2, false),
        (0.2, 2.5, false),
    ])
    func burnsOrWaitsForItsTurn(_ used: Double, _ waited: Double, _ isSeen: Bool) throws {
        var target = ResolvedTarget(id: "app", table: ProcessTable(root: root))
        target.cgroup = try CgroupHierarchy(unchecked: root).cgroup("app")
        let specification = FaultSpecification(
            id: "f", name: "cpu.burner", target: "app", trigger: .at(.zero), duration: nil,
            parameters: Parameters(["share": .fraction(0.4)]))
        let fault = try CPUBurnerFault(specification, on: target)
        let verification = fault.verify(before: [:], now: ["used": used, "waited": waited, "age": 3])
        if case .seen = verification { #expect(isSeen, "\(verification)") } else { #expect(!isSeen, "\(verification)") }
    }
}
