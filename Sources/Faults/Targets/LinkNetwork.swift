import LinuxSystem

/// The pair of interfaces that a link has for itself: its clients come in through it, and nothing else does.
public struct LinkNetwork: Hashable, Sendable {
    /// Made for the link.
    public let namespace: NetworkNamespace
    /// The end in that namespace.
    public let device: String

    public init(namespace: NetworkNamespace, device: String) {
        self.namespace = namespace
        self.device = device
    }
}
