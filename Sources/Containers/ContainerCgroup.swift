import Cgroups
import LinuxSystem
import Scenarios

/// Finds the cgroup that is a container's own, from its first process.
public struct ContainerCgroup: Sendable {
    private let hierarchy: CgroupHierarchy
    private let table: ProcessTable

    public init(hierarchy: CgroupHierarchy, table: ProcessTable = ProcessTable()) {
        self.hierarchy = hierarchy
        self.table = table
    }

    /// The container's cgroup, or one below it.
    /// - Parameter nested: path below the container's own cgroup.
    /// - Throws: when the container has no cgroup of its own, or the pid is no process of it: a runtime on another
    ///   machine tells pids of that machine.
    public func find(_ container: Container, nested: String? = nil) throws(ContainerError) -> Cgroup {
        guard let pid = container.pid else { throw ContainerError("\(container.summary): it does not run") }
        let own: Cgroup
        do throws(SystemError) {
            own = try hierarchy.cgroup(try path(of: container, pid))
        } catch {
            throw ContainerError("\(container.summary): \(error)")
        }
        guard own.exists else {
            throw ContainerError("\(container.summary): there is no \(own.folder). \(Self.adviceInContainer)")
        }
        guard let nested else { return own }
        let cgroup = own.child(nested)
        guard cgroup.exists else {
            throw ContainerError(
                "\(container.summary): there is no cgroup \(nested) below the container's own, \(own.folder)")
        }
        return cgroup
    }

    private static let adviceInContainer =
        "A Brink that is itself in a container needs the host's view: --privileged --cgroupns=host --pid=host"

    private func path(of container: Container, _ pid: Int32) throws(SystemError) -> String {
        let subject = "pid \(pid)"
        guard let path = try table.cgroup(of: pid) else {
            throw SystemError("find the cgroup v2", on: subject, .noSuchFileOrDirectory)
        }
        let parts = path.split(separator: "/").map(String.init)
        guard !parts.contains("..") else {
            throw SystemError(
                "use the cgroup \(path)", on: subject, .invalidArgument,
                advice: "it is outside of Brink's cgroup namespace. \(Self.adviceInContainer)")
        }
        // What the container made below its own, such as systemd's init.scope, is part of it.
        if let index = parts.lastIndex(where: { Self.isNamed($0, after: container.id) }) {
            return parts[...index].joined(separator: "/")
        }
        switch container.runtime {
        case .crun, .runc:
            // The bundle may name the cgroup as it likes. A runtime told to make none leaves the container in its own.
            let strangers = try strangers(in: try hierarchy.cgroup(path), to: pid)
            guard strangers.isEmpty else {
                throw SystemError(
                    "find a cgroup of its own", on: subject, .invalidArgument,
                    advice: "\(path) also holds pid \(strangers.map(String.init).joined(separator: ", ")), which is in "
                        + "another mount namespace: start the container with a cgroup manager")
            }
            return path
        case .docker, .podman, .cri:
            throw SystemError(
                "find a cgroup of its own", on: subject, .invalidArgument,
                advice: "the process is in \(path), which is not named after the container: it was started without a "
                    + "cgroup, or its runtime runs on another machine")
        }
    }

    /// As engines name it: ID, libpod-ID, docker-ID.scope, cri-containerd-ID.scope and the like.
    private static func isNamed(_ part: String, after id: String) -> Bool {
        let scope = ".scope"
        let name = part.hasSuffix(scope) ? part.dropLast(scope.count) : part[...]
        return name == id || name.hasSuffix("-\(id)")
    }

    /// Processes directly in the cgroup that see other mounts than the container's first one.
    private func strangers(in cgroup: Cgroup, to pid: Int32) throws(SystemError) -> [Int32] {
        let namespace = try SystemFile.linkTarget("\(table.root)/\(pid)/ns/mnt")
        var found: [Int32] = []
        for other in try cgroup.processes() {
            // One that has ended meanwhile is in no cgroup.
            guard let its = try? SystemFile.linkTarget("\(table.root)/\(other)/ns/mnt") else { continue }
            if its != namespace { found.append(other) }
        }
        return found
    }
}
