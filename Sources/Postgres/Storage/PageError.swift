/// A page of a relation's file that is not what it should be.
public struct PageError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
