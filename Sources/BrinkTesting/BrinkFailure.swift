/// What Brink could not do, in its own words.
public struct BrinkFailure: Error, Hashable, CustomStringConvertible {
    public let description: String
    /// Whether a fault may still be in force, so that whatever runs next meets it too.
    let leavesFault: Bool

    public init(_ description: String) {
        self.init(description, leavesFault: false)
    }

    init(_ description: String, leavesFault: Bool) {
        self.description = description
        self.leavesFault = leavesFault
    }
}
