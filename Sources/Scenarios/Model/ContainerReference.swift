/// How a scenario names a container that runs already.
public struct ContainerReference: Hashable, Sendable {
    /// What one container must match.
    public enum Selector: Hashable, Sendable, CustomStringConvertible {
        case name(String)
        /// A whole id, or its beginning as far as no other container has it.
        case id(String)
        /// A label; without a value any value will do.
        case label(name: String, value: String?)

        public var description: String {
            switch self {
            case .name(let name): "name \(name)"
            case .id(let id): "id \(id)"
            case .label(let name, let value): "label \(name)\(value.map { "=\($0)" } ?? "")"
            }
        }
    }

    /// Who runs containers.
    public enum Runtime: String, CaseIterable, Sendable {
        case docker, podman
        /// containerd, CRI-O and others that a kubelet speaks to.
        case cri
        case crun, runc
    }

    public var selector: Selector
    /// The one to ask; nil asks all that are installed.
    public var runtime: Runtime?
    /// Path below the container's own cgroup; nil is that cgroup itself.
    public var cgroup: String?

    public init(_ selector: Selector, runtime: Runtime? = nil, cgroup: String? = nil) {
        self.selector = selector
        self.runtime = runtime
        self.cgroup = cgroup
    }
}
