/// What ``ServerIntegrity`` can look at.
public enum IntegrityCheck: String, CaseIterable, Sendable {
    /// Every B-tree index has its order, and an entry for every row of its table (`bt_index_check` of amcheck).
    case btreeIndexes = "btree-indexes"
    /// Every heap and its TOAST table are well-formed (`verify_heapam` of amcheck, from PostgreSQL 14 on).
    case heaps
    /// Every row that refers to another finds it.
    case foreignKeys = "foreign-keys"
    /// No page was read with a wrong checksum since the statistics were reset.
    case checksums
    /// A dump can be made and restored, and every table then has as many rows.
    case reload
}
