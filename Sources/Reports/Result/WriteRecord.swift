import Events

/// One change made to the host, or taken back.
public struct WriteRecord: Codable, Hashable, Sendable {
    public enum Action: String, Codable, Hashable, Sendable {
        case made
        case undone
    }

    public var at: Double
    public var action: Action
    /// A fault's id, or the part of the harness that made it.
    public var owner: String
    /// What was changed, such as a knob's path.
    public var subject: String
    /// What stood there before the change, and is put back by the undo.
    public var prior: String
    /// What the change put there.
    public var value: String
    public var outcome: String
    public var milliseconds: Double?

    init(_ write: HostWrite, at time: Double) {
        at = time
        action = write.isUndo ? .undone : .made
        owner = write.owner
        subject = write.subject
        prior = write.prior
        value = write.value
        outcome = write.outcome
        milliseconds = write.milliseconds.flatMap { $0.isFinite ? $0 : nil }
    }
}
