/// A report could not be read or written.
public struct ReportError: Error, Hashable, Sendable, CustomStringConvertible {
    public let path: String
    /// What was being done: `read`, `write`.
    public let doing: String
    public let reason: String

    public var description: String { "cannot \(doing) \(path): \(reason)" }
}
