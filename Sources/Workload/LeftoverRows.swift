import Postgres

/// Rows of a run that could not be taken back from somebody else's server.
public struct LeftoverRows: Error, CustomStringConvertible {
    let prefix: String
    let cause: PostgresError

    public var description: String {
        "rows of this run stay in \(OrdersTable.name), for the server did not take them back: \(cause); when it is well "
            + "again: DELETE FROM \(OrdersTable.name) WHERE starts_with(key, '\(prefix)'), and DROP SCHEMA brink CASCADE "
            + "if nothing else is in it"
    }
}
