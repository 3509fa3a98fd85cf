/// Rows of text in columns, each as wide as its widest cell, for a terminal.
public struct TextTable {
    public enum Alignment: Sendable {
        case left
        case right
    }

    private let rows: [[String]]
    private let alignment: [Alignment]

    /// - Parameters:
    ///   - rows: a heading is the first of them; rows may be shorter than others.
    ///   - alignment: of each column; to the left where nothing is said.
    public init(_ rows: [[String]], alignment: [Alignment] = []) {
        self.rows = rows
        self.alignment = alignment
    }

    /// Two spaces stand between columns, and none at the end of a line.
    public var lines: [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            var line = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                let isRight = column < alignment.count && alignment[column] == .right
                return isRight ? padding + cell : cell + padding
            }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
