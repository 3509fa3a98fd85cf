/// Why connections of a test could not be made, or what was wrong with one.
public struct FixtureFailure: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
