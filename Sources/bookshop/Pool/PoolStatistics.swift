/// How many connections the pool has, by state, and how many callers wait.
struct PoolStatistics: Sendable, Equatable {
    var size = 0
    var idle = 0
    /// Checked out, or under a health check.
    var inUse = 0
    var connecting = 0
    var waiting = 0
}
