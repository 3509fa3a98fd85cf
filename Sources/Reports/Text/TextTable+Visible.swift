import TextTables

extension TextTable {
    /// Of cells that others may have named: what a terminal would obey is made visible.
    init(visible rows: [[String]]) {
        self.init(rows.map { row in row.map { VisibleText($0).description } })
    }
}
