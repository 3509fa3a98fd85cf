import Events

/// A remark made during the run.
public struct TimedMessage: Codable, Hashable, Sendable {
    public var at: Double
    public var level: Message.Level
    public var text: String
}
