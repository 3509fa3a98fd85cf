/// A document that is not GraphQL, and where.
struct GraphQLSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
    let message: String
    /// From 1.
    let line: Int
    /// From 1, in bytes.
    let column: Int

    var description: String { "\(message) at line \(line), column \(column)" }
}
