/// A metric that could not be measured, and why.
public struct MissingMetric: Equatable, Codable, Sendable {
    public let name: String
    public let reason: String

    public init(_ name: String, reason: String) {
        self.name = name
        self.reason = reason
    }
}
