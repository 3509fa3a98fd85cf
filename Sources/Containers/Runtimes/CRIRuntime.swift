import Scenarios

/// containerd, CRI-O and whatever else a kubelet speaks to, by crictl, the Kubernetes command for it.
struct CRIRuntime: ContainerRuntime {
    /// The answer of `ps`, as far as it is used.
    struct List: Decodable {
        let containers: [Item]?

        struct Item: Decodable {
            let id: String
            let metadata: Metadata
            let state: String
            let labels: [String: String]?
        }

        struct Metadata: Decodable {
            let name: String
        }
    }

    /// The answer of `inspect`, as far as it is used.
    struct Inspection: Decodable {
        let info: Info

        struct Info: Decodable {
            let pid: Int
        }
    }

    private static let running = "CONTAINER_RUNNING"

    private let tool: RuntimeTool

    init(_ tool: RuntimeTool) {
        self.tool = tool
    }

    func containers(_ selector: ContainerReference.Selector) throws(ContainerError) -> [Container] {
        let list = try tool.answer(List.self, ["ps", "--all", "--output", "json"])
        var found: [Container] = []
        for item in list.containers ?? [] where selector.matches(Self.container(item, pid: nil)) {
            guard item.state == Self.running else {
                found.append(Self.container(item, pid: nil))
                continue
            }
            let inspection = try tool.answer(Inspection.self, ["inspect", "--output", "json", item.id])
            found.append(Self.container(item, pid: inspection.info.pid))
        }
        return found
    }

    /// - Parameter pid: the list does not tell it.
    static func container(_ item: List.Item, pid: Int?) -> Container {
        let prefix = "CONTAINER_"
        let state = item.state.hasPrefix(prefix) ? String(item.state.dropFirst(prefix.count)) : item.state
        return Container(
            .cri, id: item.id, name: item.metadata.name, labels: item.labels ?? [:], state: state.lowercased(), pid: pid
        )
    }
}
