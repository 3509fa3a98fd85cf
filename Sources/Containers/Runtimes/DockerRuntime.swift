import Scenarios

/// Docker Engine, by its docker command.
struct DockerRuntime: ContainerRuntime {
    private let inspection: ContainerInspection

    init(_ tool: RuntimeTool) {
        inspection = ContainerInspection(.docker, tool)
    }

    func containers(_ selector: ContainerReference.Selector) throws(ContainerError) -> [Container] {
        try inspection.containers(selector)
    }
}
