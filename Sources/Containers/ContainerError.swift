/// A container that could not be found, or a runtime that could not be asked: what was asked, what was said, what to do.
public struct ContainerError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
