import Consistency

/// What ``BankWorkload`` brings home.
public struct BankRun: Sendable {
    /// Of committed reads; the last is the one after the end, unless ``WorkloadTally/lastReadFailure`` says why there is
    /// none.
    public let reads: [BankRead]
    public let check: BankCheck
    public let tally: WorkloadTally

    public var report: BankReport { check.check(reads) }
}
