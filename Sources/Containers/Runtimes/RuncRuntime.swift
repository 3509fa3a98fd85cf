import Scenarios

/// runc on its own, without an engine above it: the containers below its standard state folder, /run/runc.
struct RuncRuntime: ContainerRuntime {
    private let plain: PlainRuntime

    init(_ tool: RuntimeTool) {
        plain = PlainRuntime(.runc, tool)
    }

    func containers(_ selector: ContainerReference.Selector) throws(ContainerError) -> [Container] {
        try plain.containers(selector)
    }
}
