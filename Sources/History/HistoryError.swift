/// The history could not be opened, read or written.
public struct HistoryError: Error, Hashable, Sendable, CustomStringConvertible {
    public let path: String
    /// What was being done: `open`, `read`, `write`.
    public let doing: String
    public let reason: String

    public var description: String { "cannot \(doing) the history \(path): \(reason)" }
}
