/// A unit that systemd knows, as it answered for it.
public struct SystemdUnit: Hashable, Sendable {
    /// Its own name: what was asked for may have been an alias.
    public let name: String
    /// Path of its D-Bus object.
    let object: String

    init(name: String, object: String) {
        self.name = name
        self.object = object
    }

    /// The interface of its kind, which has the resource properties: `org.freedesktop.systemd1.Service`.
    var interface: String {
        let kind = name.split(separator: ".").last.map(String.init) ?? ""
        return "\(SystemdConnection.service).\(kind.prefix(1).uppercased())\(kind.dropFirst())"
    }
}
