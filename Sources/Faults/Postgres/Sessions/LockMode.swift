/// The modes of locks on tables (PostgreSQL, "Table-Level Locks").
enum LockMode: String, CaseIterable, Sendable {
    case accessShare = "access-share"
    case rowShare = "row-share"
    case rowExclusive = "row-exclusive"
    case shareUpdateExclusive = "share-update-exclusive"
    case share
    case shareRowExclusive = "share-row-exclusive"
    case exclusive
    case accessExclusive = "access-exclusive"

    /// As LOCK TABLE wants it.
    var sql: String { rawValue.uppercased().split(separator: "-").joined(separator: " ") }

    /// As pg_locks shows it.
    var catalogName: String { rawValue.split(separator: "-").map(\.capitalized).joined() + "Lock" }
}

extension Substring {
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
