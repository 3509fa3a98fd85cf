/// Rows of text in columns of equal width, for terminals.
struct PlainTable {
    let rows: [[String]]

    /// Nothing trails a line.
    var lines: [String] {
        let visible = rows.map { row in row.map { VisibleText($0).description } }
        let widths = (0..<(visible.map(\.count).max() ?? 0)).map { column in
            visible.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return visible.map { row in
            var line = ""
            for (cell, width) in zip(row, widths) {
                line += cell + String(repeating: " ", count: width - cell.count + 2)
            }
            while line.last == " " { line.removeLast() }
            return line
        }
    }
}
