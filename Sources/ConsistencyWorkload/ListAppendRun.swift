import Consistency

/// What ``ListAppendWorkload`` brings home.
public struct ListAppendRun: Sendable {
    /// The last transaction is the read of all keys, unless ``WorkloadTally/lastReadFailure`` says why there is none.
    public let history: [ListAppendTransaction]
    public let tally: WorkloadTally
}
