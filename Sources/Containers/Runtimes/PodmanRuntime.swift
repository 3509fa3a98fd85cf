import Scenarios

/// Podman, by its podman command, which takes Docker's arguments; the containers of the user that Brink runs as.
struct PodmanRuntime: ContainerRuntime {
    private let inspection: ContainerInspection

    init(_ tool: RuntimeTool) {
        inspection = ContainerInspection(.podman, tool)
    }

    func containers(_ selector: ContainerReference.Selector) throws(ContainerError) -> [Container] {
        try inspection.containers(selector)
    }
}
