import Scenarios

/// crun on its own, without an engine above it: the containers below its standard state folder, /run/crun.
struct CrunRuntime: ContainerRuntime {
    private let plain: PlainRuntime

    init(_ tool: RuntimeTool) {
        plain = PlainRuntime(.crun, tool)
    }

    func containers(_ selector: ContainerReference.Selector) throws(ContainerError) -> [Container] {
        try plain.containers(selector)
    }
}
