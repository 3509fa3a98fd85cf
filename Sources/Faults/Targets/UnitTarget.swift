/// A unit of systemd that a target is.
public struct UnitTarget: Hashable, Sendable {
    /// Its own name, not an alias.
    public let name: String
    /// The folder in which systemd keeps what is set for it at run time.
    public let dropIns: String
    /// Of that folder and the one above, those that were there before the run.
    public let keptFolders: [String]

    public init(name: String, dropIns: String, keptFolders: [String]) {
        self.name = name
        self.dropIns = dropIns
        self.keptFolders = keptFolders
    }
}
