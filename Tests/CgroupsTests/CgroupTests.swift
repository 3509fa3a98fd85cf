import CgroupLayouts
import Cgroups
import LinuxSystem
import Testing

@Suite struct CgroupTests {
    @Test func readsKnobsAsTheKernelShowsThem() throws {
        let tree = try FixtureTree()
        let cgroup = try tree.add(
            "brink.slice/app",
            [
                "memory.max": "max\n", "memory.current": "4096\n", "memory.events": "low 0\nhigh 3\noom_kill 1\n",
                "cgroup.procs": "12\n13\n",
            ])
        #expect(try cgroup.readNumber("memory.max") == nil)
        #expect(try cgroup.readNumber("memory.current") == 4096)
        #expect(try cgroup.readCounters("memory.events") == ["low": 0, "high": 3, "oom_kill": 1])
        #expect(try cgroup.processes() == [12, 13])
        _ = try tree.add("brink.slice")
        #expect(try tree.hierarchy.cgroup("brink.slice").children() == [cgroup])
        #expect(try tree.hierarchy.cgroup("brink.slice").allProcesses() == [12, 13])
    }

    @Test func aWriteIsReadBack() throws {
        let tree = try FixtureTree()
        let cgroup = try tree.add("a", ["memory.high": "max\n"])
        try cgroup.write("memory.high", "1048576")
        #expect(try cgroup.readText("memory.high") == "1048576")
    }

    @Test func saysWhetherTheControllerOrTheCgroupIsMissing() throws {
        let tree = try FixtureTree()
        let cgroup = try tree.add("a")
        let missing = #expect(throws: SystemError.self) { try cgroup.write("memory.high", "1") }
        #expect(missing?.description.contains("the memory controller is not enabled for a") == true)
        let gone = #expect(throws: SystemError.self) { _ = try tree.hierarchy.cgroup("b").read("memory.high") }
        #expect(gone?.description.contains("the cgroup b is gone") == true)
    }

    @Test(arguments: ["..", "a/../b", "./a", "a/.."])
    func noPathLeavesTheHierarchy(_ path: String) throws {
        let tree = try FixtureTree()
        #expect(throws: SystemError.self) { _ = try tree.hierarchy.cgroup(path) }
    }

    @Test func aFolderThatIsNoCgroupFileSystemIsRefused() throws {
        let tree = try FixtureTree()
        let error = #expect(throws: SystemError.self) { _ = try CgroupHierarchy(mountedAt: tree.root) }
        #expect(error?.description.contains("scripts/vm") == true)
    }

    @Test func containment() throws {
        let hierarchy = CgroupHierarchy(unchecked: "/x")
        let slice = try hierarchy.cgroup("brink.slice")
        #expect(slice.contains(try hierarchy.cgroup("/brink.slice/app/")))
        #expect(slice.contains(slice))
        #expect(!slice.contains(try hierarchy.cgroup("brink.slice2")))
        #expect(try hierarchy.cgroup("").contains(slice))
        #expect(slice.parent?.path == "")
        #expect(slice.child("a").parent == slice)
    }

    @Test func pressure() throws {
        let text =
            "some avg10=1.50 avg60=2.00 avg300=0.00 total=1234\nfull avg10=0.25 avg60=0.00 avg300=0.00 total=99\n"
        let stall = try #require(PressureStall(text))
        #expect(stall.some.average10 == 1.5)
        #expect(stall.full?.totalMicroseconds == 99)
        #expect(PressureStall("nonsense") == nil)
        #expect(PressureStall("some avg10=x avg60=0 total=1") == nil)
    }

    @Test func everyShippedLayoutParses() throws {
        let tree = try LayoutFile(CgroupLayouts.tree, name: "tree")
        #expect(tree.entries.contains { $0.cgroup == "brink.slice/control" && $0.knob == "memory.min" })
        #expect(CgroupLayouts.profiles.count == 3)
        for (name, text) in CgroupLayouts.profiles {
            let profile = try LayoutFile(text, name: name)
            #expect(!profile.entries.isEmpty)
            #expect(profile.entries.allSatisfy { $0.cgroup == "." && $0.value != nil })
        }
        let error = #expect(throws: SystemError.self) { _ = try LayoutFile("a b\n", name: "x.conf") }
        #expect(error?.description.contains("x.conf:1") == true)
    }
}
