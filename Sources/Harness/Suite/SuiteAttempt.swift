/// How one run of a suite's scenario ended.
public struct SuiteAttempt: Hashable, Sendable {
    public let entry: SuiteEntry
    /// From 1.
    public let attempt: Int
    /// Nil when the run was ended by a signal.
    public let exitCode: Int32?
    /// From start to end, setup and teardown included.
    public let duration: Duration
    /// The run's folder with its reports; nil when it did not get that far.
    public let folder: String?
    /// What it said on standard error.
    public let log: String
}
