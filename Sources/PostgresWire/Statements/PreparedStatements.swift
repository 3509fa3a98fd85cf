/// The prepared statements and portals of a session, by the names the client gives them; the unnamed ones by an empty
/// name.
struct PreparedStatements: Sendable {
    struct Portal {
        /// Nil when the statement isn't known, such as one that SQL's PREPARE made.
        let script: SQLScript?
        /// Rows that were fetched from it before it was suspended.
        var rows = 0
    }

    private var statements: [[UInt8]: SQLScript] = [:]
    private var portals: [[UInt8]: Portal] = [:]

    func portal(_ name: [UInt8]) -> Portal? { portals[name] }

    mutating func parse(_ script: SQLScript, as name: [UInt8]) { statements[name] = script }

    mutating func bind(_ statement: [UInt8], to portal: [UInt8]) {
        portals[portal] = Portal(script: statements[statement])
    }

    mutating func suspend(_ portal: [UInt8], afterRows rows: Int) { portals[portal]?.rows = rows }

    mutating func close(_ target: FrontendMessage.Target, _ name: [UInt8]) {
        switch target {
        case .statement: statements[name] = nil
        case .portal: portals[name] = nil
        }
    }
}
