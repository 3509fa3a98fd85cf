/// Something that is wrong, or that could not be looked at.
public struct IntegrityFinding: Hashable, Sendable, CustomStringConvertible {
    public let check: IntegrityCheck
    /// nil for what belongs to the whole cluster.
    public let database: String?
    /// The index, table or constraint; nil for the whole database.
    public let object: String?
    public let message: String

    public var description: String {
        let place = [database, object].compactMap { $0 }.joined(separator: ", ")
        return place.isEmpty ? "\(check.rawValue): \(message)" : "\(check.rawValue), \(place): \(message)"
    }
}
