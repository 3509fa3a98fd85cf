/// What Brink could not do, in its own words.
public struct BrinkFailure: Error, Hashable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}
