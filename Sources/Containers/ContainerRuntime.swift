import Scenarios

/// One way to ask for containers. A runtime is added by one file that adopts this, and its name in
/// `ContainerReference.Runtime`.
protocol ContainerRuntime: Sendable {
    /// Those that match, running or not.
    func containers(_ selector: ContainerReference.Selector) throws(ContainerError) -> [Container]
}

extension ContainerReference.Runtime {
    /// Name of the command-line tool.
    var tool: String { self == .cri ? "crictl" : rawValue }

    /// Where its daemon listens by default; empty for a runtime without one.
    var sockets: [String] {
        switch self {
        case .docker: ["/run/docker.sock"]
        case .cri:
            [
                "/run/containerd/containerd.sock", "/run/crio/crio.sock", "/run/cri-dockerd.sock",
                "/run/k3s/containerd/containerd.sock",
            ]
        case .podman, .crun, .runc: []
        }
    }

    /// What asks this runtime.
    func asked(by tool: RuntimeTool) -> any ContainerRuntime {
        switch self {
        case .docker: DockerRuntime(tool)
        case .podman: PodmanRuntime(tool)
        case .cri: CRIRuntime(tool)
        case .crun: CrunRuntime(tool)
        case .runc: RuncRuntime(tool)
        }
    }
}
