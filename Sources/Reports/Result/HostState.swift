/// Whether the host is as it was before the run.
public struct HostState: Codable, Hashable, Sendable {
    /// Absent when the run never came to its end.
    public var restored: Bool?
    /// What was not put back.
    public var residues: [String]
    /// How many changes were journaled.
    public var changes: Int?
}
