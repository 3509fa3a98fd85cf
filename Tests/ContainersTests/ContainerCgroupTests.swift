import Cgroups
import Glibc
import LinuxSystem
import Scenarios
import Testing

@testable import Containers

/// On trees of files that look like /proc and /sys/fs/cgroup.
@Suite struct ContainerCgroupTests {
    private static let id = "3f2a9c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809"

    private final class Trees {
        let root = "/tmp/brink-container-\(getpid())-\(UInt32.random(in: .min ... .max))"
        let hierarchy: CgroupHierarchy
        var finder: ContainerCgroup {
            ContainerCgroup(hierarchy: hierarchy, table: ProcessTable(root: "\(root)/proc"))
        }

        init() throws {
            hierarchy = CgroupHierarchy(unchecked: "\(root)/cgroup")
            try SystemFile.makeFolders(hierarchy.root)
        }

        deinit {
            try? SystemFile.removeTree(root)
        }

        /// A process in a cgroup; the cgroup is made where it can be.
        func add(_ pid: Int32, in path: String, mounts: String = "mnt:[4026532001]") throws {
            let folder = "\(root)/proc/\(pid)"
            try SystemFile.makeFolders("\(folder)/ns")
            try SystemFile.replace("\(folder)/cgroup", Array("0::\(path)\n".utf8))
            try #require(symlink(mounts, "\(folder)/ns/mnt") == 0)
            if path.contains("..") { return }
            try SystemFile.makeFolders("\(hierarchy.root)\(path)")
            let file = "\(hierarchy.root)\(path)/cgroup.procs"
            let before = try SystemFile.readIfPresent(file) ?? []
            try SystemFile.replace(file, before + Array("\(pid)\n".utf8))
        }
    }

    private func container(_ runtime: ContainerReference.Runtime, id: String = Self.id) -> Container {
        Container(runtime, id: id, name: "web", labels: [:], state: "running", pid: 81)
    }

    private func error(_ trees: Trees, _ container: Container, nested: String? = nil) -> String {
        do throws(ContainerError) {
            return "found \(try trees.finder.find(container, nested: nested))"
        } catch {
            return error.description
        }
    }

    @Test(arguments: [
        (ContainerReference.Runtime.docker, "/system.slice/docker-ID.scope", ""),
        (.docker, "/docker/ID", ""),
        (.docker, "/docker/ID", "/init.scope"),
        (.podman, "/machine.slice/libpod-ID.scope", "/container"),
        (.podman, "/libpod_parent/libpod-ID", ""),
        (.podman, "/system.slice/web.service/libpod-payload-ID", ""),
        (
            .cri,
            "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/cri-containerd-ID.scope", ""
        ),
        (.cri, "/kubepods/besteffort/pod12-34/ID", ""),
        (.cri, "/kubepods.slice/kubepods-pod12.slice/crio-ID.scope", ""),
        (.runc, "/user.slice/ID", ""),
        (.crun, "/system.slice/crun-ID.scope", ""),
    ])
    func asEnginesNameIt(_ runtime: ContainerReference.Runtime, _ pattern: String, _ below: String) throws {
        let trees = try Trees()
        let path = pattern.replacing("ID", with: Self.id)
        try trees.add(81, in: path + below)
        #expect(try trees.finder.find(container(runtime)).path == path.dropFirst())
    }

    @Test func aNestedOneMustBeThere() throws {
        let trees = try Trees()
        try trees.add(81, in: "/docker/\(Self.id)")
        try trees.add(82, in: "/docker/\(Self.id)/inner/most")
        let found = try trees.finder.find(container(.docker), nested: "inner/most")
        #expect(found.path == "docker/\(Self.id)/inner/most")
        #expect(error(trees, container(.docker), nested: "outer").contains("there is no cgroup outer below"))
    }

    /// A daemon on another machine tells pids of that machine.
    @Test(arguments: [ContainerReference.Runtime.docker, .podman, .cri])
    func aProcessElsewhereIsNoneOfTheContainers(_ runtime: ContainerReference.Runtime) throws {
        let trees = try Trees()
        try trees.add(81, in: "/system.slice/nginx.service")
        #expect(error(trees, container(runtime)).contains("not named after the container"))
    }

    @Test func aBundleMayNameItAsItLikes() throws {
        let trees = try Trees()
        try trees.add(81, in: "/shop/front")
        try trees.add(82, in: "/shop/front")
        try trees.add(90, in: "/shop/front/below", mounts: "mnt:[1]")
        #expect(try trees.finder.find(container(.crun, id: "web")).path == "shop/front")
        // Without a cgroup manager the container stays in that of whoever started it.
        try trees.add(83, in: "/shop/front", mounts: "mnt:[4026531841]")
        #expect(error(trees, container(.crun, id: "web")).contains("also holds pid 83"))
    }

    /// A short id is no part of another name.
    @Test func anIDIsAWholeName() throws {
        let trees = try Trees()
        try trees.add(81, in: "/websites/a-web/payload")
        #expect(try trees.finder.find(container(.crun, id: "web")).path == "websites/a-web")
        #expect(try trees.finder.find(container(.crun, id: "site")).path == "websites/a-web/payload")
    }

    @Test func outsideOfBrinksNamespace() throws {
        let trees = try Trees()
        try trees.add(81, in: "/../libpod-\(Self.id)")
        #expect(error(trees, container(.podman)).contains("--cgroupns=host --pid=host"))
    }

    @Test func aProcessThatHasEnded() throws {
        let trees = try Trees()
        #expect(error(trees, container(.podman)).contains("No such file or directory"))
    }
}
