/// One mistake in a scenario file, with its place.
public struct Diagnostic: Error, Hashable, Sendable, CustomStringConvertible {
    public let file: String
    /// From 1.
    public let line: Int
    /// From 1.
    public let column: Int
    public let message: String

    public init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    /// `file:line:column: message`, as editors understand it.
    public var description: String { "\(file):\(line):\(column): \(message)" }
}

/// Every mistake of a scenario at once.
public struct InvalidScenario: Error, Hashable, Sendable, CustomStringConvertible {
    public let diagnostics: [Diagnostic]

    public init(_ diagnostics: [Diagnostic]) {
        self.diagnostics = Set(diagnostics).sorted {
            ($0.line, $0.column, $0.message) < ($1.line, $1.column, $1.message)
        }
    }

    public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
