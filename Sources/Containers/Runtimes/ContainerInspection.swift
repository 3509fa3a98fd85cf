import LinuxSystem
import Scenarios

/// What `docker` and `podman` have in common: a filtered list of ids, and a description of each.
struct ContainerInspection: Sendable {
    /// One item of `inspect`, as far as it is used.
    struct Item: Decodable {
        let Id: String
        let Name: String
        let State: State
        let Config: Config?

        struct State: Decodable {
            let Status: String
            let Running: Bool
            let Pid: Int
        }

        struct Config: Decodable {
            let Labels: [String: String]?
        }
    }

    private let runtime: ContainerReference.Runtime
    private let tool: RuntimeTool

    init(_ runtime: ContainerReference.Runtime, _ tool: RuntimeTool) {
        self.runtime = runtime
        self.tool = tool
    }

    func containers(_ selector: ContainerReference.Selector) throws(ContainerError) -> [Container] {
        let list = try tool.output(["ps", "--all", "--quiet", "--no-trunc", "--filter", Self.filter(selector)])
        let ids = list.split(separator: 10).map { Array($0).trimmedText }.filter { !$0.isEmpty }
        if ids.isEmpty { return [] }
        // The filter of a name or an id finds parts of one too.
        return try tool.answer([Item].self, ["inspect", "--type", "container"] + ids)
            .map { container($0) }.filter { selector.matches($0) }
    }

    func container(_ item: Item) -> Container {
        Container(
            runtime, id: item.Id, name: item.Name.hasPrefix("/") ? String(item.Name.dropFirst()) : item.Name,
            labels: item.Config?.Labels ?? [:], state: item.State.Status, pid: item.State.Running ? item.State.Pid : nil
        )
    }

    /// Of `ps`. Names and ids are regular expressions there.
    static func filter(_ selector: ContainerReference.Selector) -> String {
        switch selector {
        case .name(let name): "name=\(literal(name))"
        case .id(let id): "id=\(literal(id))"
        case .label(let name, let value): "label=\(name)\(value.map { "=\($0)" } ?? "")"
        }
    }

    private static func literal(_ text: String) -> String {
        text.map { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" ? "\($0)" : "[\($0)]" }.joined()
    }
}
