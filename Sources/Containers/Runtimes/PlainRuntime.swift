import LinuxSystem
import Scenarios

/// What the OCI runtimes have in common: `list` and `state`, whose form the runtime specification sets.
struct PlainRuntime: Sendable {
    /// One item of `list`.
    struct Item: Decodable {
        let id: String
        let status: String
    }

    /// The answer of `state` (runtime.md of the OCI runtime specification, "State").
    struct State: Decodable {
        let id: String
        let status: String
        let pid: Int?
        let annotations: [String: String]?
    }

    private let runtime: ContainerReference.Runtime
    private let tool: RuntimeTool

    init(_ runtime: ContainerReference.Runtime, _ tool: RuntimeTool) {
        self.runtime = runtime
        self.tool = tool
    }

    func containers(_ selector: ContainerReference.Selector) throws(ContainerError) -> [Container] {
        // runc says null for none.
        let items = try tool.answer([Item]?.self, ["list", "--format", "json"]) ?? []
        var found: [Container] = []
        for item in items {
            switch selector {
            case .name(let name) where item.id != name: continue
            case .id(let id) where !item.id.hasPrefix(id): continue
            // Only the state tells the annotations.
            case .name, .id, .label: found.append(container(try tool.answer(State.self, ["state", item.id])))
            }
        }
        return found.filter { selector.matches($0) }
    }

    func container(_ state: State) -> Container {
        // A container that is only created has a process already, the runtime's own, which waits.
        let hasBegun = ["running", "paused"].contains(state.status)
        return Container(
            runtime, id: state.id, name: state.id, labels: state.annotations ?? [:], state: state.status,
            pid: hasBegun ? state.pid : nil)
    }
}
