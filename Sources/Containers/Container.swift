import Scenarios

/// A container as its runtime describes it.
public struct Container: Hashable, Sendable {
    public let runtime: ContainerReference.Runtime
    public let id: String
    /// Without the slash that Docker puts before it; for plain OCI runtimes the id is the name.
    public let name: String
    /// Labels, or the annotations of a plain OCI container.
    public let labels: [String: String]
    /// The runtime's own word for its state, such as running or exited.
    public let state: String
    /// The first process, seen from this host; nil when none runs.
    public let pid: Int32?

    init(
        _ runtime: ContainerReference.Runtime, id: String, name: String, labels: [String: String], state: String,
        pid: Int?
    ) {
        self.runtime = runtime
        self.id = id
        self.name = name
        self.labels = labels
        self.state = state
        // Runtimes say 0 when there is no process.
        self.pid = pid.flatMap { Int32(exactly: $0) }.flatMap { $0 > 0 ? $0 : nil }
    }

    /// For messages: enough to tell it from others and to name it in a scenario.
    public var summary: String {
        let short = id.count > 12 ? String(id.prefix(12)) : id
        let title = name == id ? name : "\(name) (id \(short))"
        return "\(runtime.rawValue) \(title), \(state)\(pid.map { ", pid \($0)" } ?? "")"
    }
}

extension ContainerReference.Selector {
    /// Whether the container is one of those meant.
    func matches(_ container: Container) -> Bool {
        switch self {
        case .name(let name): container.name == name
        case .id(let id): container.id.hasPrefix(id)
        case .label(let name, let value): value.map { container.labels[name] == $0 } ?? (container.labels[name] != nil)
        }
    }
}
