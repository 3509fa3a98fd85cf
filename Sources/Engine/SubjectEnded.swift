/// What a change was planned on had ended by itself before anything was done to it, as a worker of PostgreSQL does.
/// The engine plans anew for a moment: there may be another one like it.
public struct SubjectEnded: Error, CustomStringConvertible {
    public let description: String

    /// - Parameter subject: what had ended, and how that was seen.
    public init(_ subject: String) {
        description = "\(subject) had ended by itself"
    }
}
